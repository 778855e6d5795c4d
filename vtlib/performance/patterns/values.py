"""What is known of posts' features, as one table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from vtlib.core.membership import places

Floats = NDArray[np.float64]
VALUE_COLUMNS = ["post_id", "feature", "value"]


@dataclass(frozen=True, slots=True)
class FeatureValues:
    """Values of features by post.

    `posts` (p,) ids, each once; `names` (k,) of features; `table` (k, p), NaN = unknown.
    """

    posts: pd.Series
    names: tuple[str, ...]
    table: Floats

    @classmethod
    def of(cls, values: FeatureValues | pd.DataFrame) -> FeatureValues:
        """From rows of VALUE_COLUMNS, the last of each post and feature; a table stays as it is."""
        if isinstance(values, FeatureValues):
            return values
        (row, names), (column, ids) = (
            pd.factorize(values[name], sort=True) for name in ("feature", "post_id")
        )
        table = np.full((len(names), len(ids)), np.nan)
        is_named = (row >= 0) & (column >= 0)
        value = values["value"].to_numpy(float, na_value=np.nan)
        # Of one place named twice the last value stays.
        table[row[is_named], column[is_named]] = value[is_named]
        return cls(pd.Series(ids), tuple(map(str, names)), table)

    def of_posts(self, posts: pd.Series, names: Sequence[str] | None = None) -> Floats:
        """(names, posts) the values of these posts, which may repeat; of all features by default.

        Not to be written to: it may be the table itself.
        """
        order = self.names if names is None else tuple(names)
        is_same = len(posts) == len(self.posts) and posts.array.equals(self.posts.array)
        if is_same and order == self.names:
            return self.table
        column = np.arange(len(posts)) if is_same or posts.empty else places(posts, self.posts)
        number = {name: i for i, name in enumerate(self.names)}
        table, is_known = np.full((len(order), len(posts)), np.nan), column >= 0
        for row, name in zip(table, order, strict=True):
            if name in number and is_same:
                row[:] = self.table[number[name]]
            elif name in number:
                row[is_known] = self.table[number[name]][column[is_known]]
        return table

    def among(self, posts: pd.Series) -> FeatureValues:
        """Of these posts alone, each named once."""
        return FeatureValues(posts, self.names, self.of_posts(posts))

    def extended(self, values: pd.DataFrame, names: Sequence[str]) -> FeatureValues:
        """With those of `names` that are known of one of these posts at least, from rows of
        VALUE_COLUMNS. A feature that is not named is unknown of all.
        """
        if values.empty:
            return self
        more = FeatureValues.of(values).of_posts(self.posts, names)
        is_known = np.asarray((~np.isnan(more)).any(axis=1))
        if not is_known.any():
            return self
        fresh = [name for name, some in zip(names, is_known.tolist(), strict=True) if some]
        table = np.concatenate([self.table, more[is_known]])
        return FeatureValues(self.posts, (*self.names, *fresh), table)

    def frame(self) -> pd.DataFrame:
        """VALUE_COLUMNS, a row for each post and feature that is known."""
        row, column = np.nonzero(~np.isnan(self.table))
        ids = self.posts.reset_index(drop=True)
        columns = {
            "post_id": ids.take(column).array,
            "feature": np.array(self.names, object)[row],
            "value": self.table[row, column],
        }
        return pd.DataFrame(columns, columns=VALUE_COLUMNS)
