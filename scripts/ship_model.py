"""Copies what ships of a finished run into checkpoints/: `python scripts/ship_model.py runs/NAME`."""

import shutil
import sys
from pathlib import Path

SHIPPED = ("config.json", "vocab.json", "model.safetensors", "events.jsonl", "card.md")
CHECKPOINTS = Path(__file__).resolve().parents[1] / "checkpoints"


def main(run: Path) -> None:
    """The state to resume from, the kept steps and what was asked of the run stay behind."""
    if not (run / "card.md").is_file():
        raise SystemExit(f"{run} has no card.md: only a finished run ships.")
    folder = CHECKPOINTS / run.resolve().name
    folder.mkdir(exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    for name in SHIPPED:
        if (run / name).is_file():
            shutil.copyfile(run / name, folder / name)
    print(f"{folder}: {sum(path.stat().st_size for path in folder.iterdir()):,} bytes")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    main(Path(sys.argv[1]))
