"""The live data in your own code: the same rows as NumPy arrays and as a pandas DataFrame."""

from __future__ import annotations

from contextlib import suppress

from stripchart import Monitor


def report(monitor: Monitor) -> str:
    """Sum up the last ten seconds of the simulated sensors."""
    columns = monitor.frame("sim", seconds=10)  # a dict: "time" (datetime64[ns]) and an array for each channel
    newest = f"{columns['time'][-1]} UTC: {len(columns['time'])} rows, {columns['temperature'][-1]:.2f} °C"

    frame = monitor.frame("sim", seconds=10, kind="pandas")  # a DataFrame with a time index; "polars" works too
    means = frame[["temperature", "humidity"]].resample("1s").mean()
    return f"{newest}\n{means.round(2)}\n"


def main() -> None:
    """Serve the page and print a report each second, until Ctrl-C."""
    with suppress(KeyboardInterrupt), Monitor("sim:") as monitor:
        print(monitor.url, flush=True)
        while monitor.wait(1):
            print(report(monitor), flush=True)


if __name__ == "__main__":
    main()
