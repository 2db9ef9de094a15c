"""Grafana boards as code: `muster dashboards generate` writes them to `en/` and `zh/`, and their page to `docs/dashboards.md`."""
