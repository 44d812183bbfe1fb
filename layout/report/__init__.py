"""Floor plans, charts, tables, and the HTML page of a run folder. Matplotlib is imported when something is drawn."""

from layout.report.plan import draw_line
from layout.report.run import write_plans, write_report

__all__ = ["draw_line", "write_plans", "write_report"]
