"""What identifies a row of each table. Writers hold to it by themselves; on PostgreSQL a unique
constraint, examined at the commit, is the second line.
"""

from __future__ import annotations

from collections.abc import Mapping

# Two NULLs are the same here.
KEYS: Mapping[str, tuple[str, ...]] = {
    "account_handles": ("platform", "handle", "account_id"),
    "account_snapshots": ("account_id", "captured_at"),
    "accounts": ("account_id",),
    "adaptations": ("analysis_id",),
    "analyses": ("analysis_id",),
    "analysis_checks": ("analysis_id",),
    "analysis_choices": ("project_id", "post_id"),
    "analysis_claims": ("analysis_id", "position"),
    "assets": ("asset_id",),
    "brands": ("brand_id",),
    "capture_orders": ("capture_id",),
    "capture_targets": ("capture_id", "target"),
    "captures": ("capture_id",),
    "desk_places": ("project_id", "person"),
    "film_samples": ("project_id", "post_id"),
    "measures": ("post_id",),
    "media": ("post_id",),
    "media_images": ("post_id", "position"),
    "model_calls": ("call_id",),
    "outlier_runs": ("outlier_run_id",),
    "outlier_scores": ("outlier_run_id", "post_id"),
    "pattern_runs": ("pattern_run_id",),
    "post_snapshots": ("post_id", "captured_at"),
    "post_tags": ("project_id", "post_id", "tag"),
    "posts": ("post_id",),
    "predictions": ("prediction_id",),
    "problems": ("problem_id",),
    "production_costs": ("cost_id",),
    "products": ("product_id",),
    "project_accounts": ("project_id", "account_id"),
    "project_posts": ("project_id", "post_id"),
    "project_products": ("project_id", "product_id"),
    "projects": ("project_id",),
    "publications": ("script_id", "version", "post_id"),
    "raw_items": ("capture_id", "item_no"),
    "reviews": ("project_id", "post_id", "reviewer"),
    "runs": ("run_id",),
    "script_comments": ("comment_id",),
    "script_cuts": ("script_id", "sha256"),
    "script_people": ("script_id", "person", "role"),
    "script_status_changes": ("script_id", "version", "to_status", "changed_at"),
    "script_versions": ("script_id", "version"),
    "scripts": ("script_id",),
    "selections": ("project_id", "post_id"),
    "shoots": ("shoot_id",),
    "spend": ("spend_id",),
    "stage_runs": ("run_id", "stage"),
    "twins": ("post_id", "twin_post_id"),
}
