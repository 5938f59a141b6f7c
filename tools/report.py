#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Campaign reports: rows of measured values with their bounds, as a table and as build/report/<campaign>.json.

usage: tools/report.py FILE.json...   prints the tables
"""
import json
import os
import sys

FOLDER = "build/report"


class Report:
    """The rows of one campaign. Row ids are stable: they are how runs are compared."""

    def __init__(self, campaign, commit=None):
        self.campaign = campaign
        self.commit = commit or os.environ.get("BINNACLE_COMMIT", "unknown")
        self.rows = []
        self.extra = {}  # more keys of the file, beside its rows

    def add(self, row_id, value, unit, bound=None, peer=None, ok=None):
        """Adds a row. bound: the largest value allowed, or None; ok: given where "at most bound" does not decide it."""
        if ok is None:
            ok = bound is None or (value is not None and value <= bound)
        self.rows = [row for row in self.rows if row["id"] != row_id]
        self.rows.append({"id": row_id, "value": value, "unit": unit, "bound": bound, "peer": peer, "ok": bool(ok)})
        return bool(ok)

    def worst(self, row_id, value, unit, bound=None):
        """add() for a row that several tests share: the largest value stays."""
        return self.add(row_id, max([value, *(row["value"] for row in self.rows if row["id"] == row_id)]), unit, bound=bound)

    def write(self, folder=FOLDER):
        os.makedirs(folder, exist_ok=True)
        path = os.path.join(folder, f"{self.campaign}.json")
        temporary = path + ".tmp"
        with open(temporary, "w", encoding="utf-8") as f:
            json.dump({"campaign": self.campaign, "commit": self.commit, "rows": self.rows, **self.extra}, f, indent=1)
            f.write("\n")
        os.replace(temporary, path)
        return path

    def table(self):
        return table({"campaign": self.campaign, "commit": self.commit, "rows": self.rows})


def _text(value):
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.6g}"
    return str(value)


def table(report):
    """The report as text, one line a row."""
    header = ("id", "value", "unit", "bound", "peer", "ok")
    lines = [header] + [tuple(_text(row[k]) for k in header[:-1]) + ("yes" if row["ok"] else "NO",)
                        for row in report["rows"]]
    widths = [max(len(line[i]) for line in lines) for i in range(len(header))]
    body = "\n".join("  ".join(cell.ljust(w) if i in (0, 2) else cell.rjust(w)
                               for i, (cell, w) in enumerate(zip(line, widths))) for line in lines)
    return f"{report['campaign']} at {report['commit']}\n{body}"


def main(paths):
    if not paths:
        print(__doc__.strip(), file=sys.stderr)
        return 2
    for path in paths:
        with open(path, encoding="utf-8") as f:
            print(table(json.load(f)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
