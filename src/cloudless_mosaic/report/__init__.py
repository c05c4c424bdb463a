"""The preview page: its data, its file, and a server for it."""

from cloudless_mosaic.report.page import check_report, write_report

__all__ = ["check_report", "write_report"]
