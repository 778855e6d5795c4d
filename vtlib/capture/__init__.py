"""Capture: from files, links and providers to posts in the store, each kept raw before it is read.

For: notebooks 01 and 02, `vt import`, `vt scrape`, `vt discover`, `vt tiktok`, `vt youtube`.
Owns: tables raw_items, captures, capture_orders, capture_targets, posts, post_snapshots, accounts,
account_snapshots, replay_heatmaps, subtitles; YAML sections `importing` and `scraping`.
Entry points: `imports.run` (files, URLs, handles), `stage.run`, `stage.abandon` (scrape jobs at a
provider), `own_analytics`.
Files: `datasets`, `json_items` read; `mapping`, `rows` say what an item means (pure); `orders`,
`results` plan and judge scrape jobs (pure); `scheduler`, `collector` place and collect them;
`apify*` speak to the provider; `store`, `job_store` write, and `video_tracks` what goes along a
video's time.
"""
