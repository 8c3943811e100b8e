from __future__ import annotations

from stripchart.cli import main

if __name__ == "__main__":
    main()
