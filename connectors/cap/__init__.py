"""CAP 1.2, the Common Alerting Protocol: a message as XML. How it travels is the channel's business (webhook, MQTT, folder).

`classes.py` is made by xsdata from `schemas/cap/cap-1.2.xsd`; docs/channels.md says how.
"""
