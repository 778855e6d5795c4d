"""Alerts: what broke out, beat its prediction, dried up or broke since somebody last looked.

For: people in a terminal (`vt watch`) and channels (mail, chat, webhooks) every night.
Owns: `alerts`, `alert_messages`, `alert_looks`, `alert_nights`, `alert_readers`; the YAML sections
`alerts:` and `watch:`; `vt watch`.
Entry points: `stage.watch`; rules in `breakouts` and `events`; what is sent in `delivery`.
"""
