"""Grafana: what is made there of Muster's boards, rules, teams and rights, over its HTTP interface."""
