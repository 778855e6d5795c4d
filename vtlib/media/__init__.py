"""Media: videos and pictures of posts, downloaded, probed, measured, compared.

For: the first half of notebook 04, `vt process`, `vt purge`.
Owns: tables media, media_images, measures, twins, film_samples; the folder `outputs/media/`; YAML
section `media`.
Entry points: `stage.run` (download and measure what is due), `stage.load` (where each post
stands), `purge`.
Files: `queue` says what is due and what an outcome means (pure); `download/` fetches; `probe`,
`measures/`, `proxies` read files; `duplicates` compares (pure); `timeline` draws; `retention` says
what a purge removes (pure); `folder` and `store` write files and rows.
"""
