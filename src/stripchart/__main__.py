from __future__ import annotations

from stripchart.cli.app import main

if __name__ == "__main__":
    main()
