"""What makes a page hard to read, asked of the browser: things wider than the window, and text with
too little contrast.
"""

from __future__ import annotations

from typing import Any

# WCAG 2.2, 1.4.3 (level AA): 4.5 to 1; 3 to 1 for large text (24 px, or 18.66 px bold).
LEAST_CONTRAST, LEAST_OF_LARGE = 4.5, 3.0

# Elements that stick out of the window to the right, unless something around them scrolls or cuts.
WIDER = """() => {
  const held = (e) => {
    for (let p = e.parentElement; p && p !== document.body; p = p.parentElement) {
      if (['auto', 'scroll', 'hidden', 'clip'].includes(getComputedStyle(p).overflowX)
          && p.getBoundingClientRect().right <= innerWidth + 1) return true;
    }
    return false;
  };
  const wide = [...document.body.querySelectorAll('*')].filter((e) => {
    const box = e.getBoundingClientRect();
    return box.width > 0 && box.height > 0 && box.right > innerWidth + 1 && e.checkVisibility()
      && !held(e);
  });
  return wide.filter((e) => !wide.includes(e.parentElement)).map((e) =>
    `${e.tagName.toLowerCase()}.${e.getAttribute('class') ?? ''}: `
    + `${Math.round(e.getBoundingClientRect().right)} px`);
}"""

# Words of a box that are cut off at its right edge without an ellipsis or a way to scroll.
CUT = """() => [...document.body.querySelectorAll('*')].filter((e) => {
  const style = getComputedStyle(e);
  return ['hidden', 'clip'].includes(style.overflowX) && style.textOverflow !== 'ellipsis'
    && !e.closest('svg, select, iframe') && e.clientWidth > 4 && e.scrollWidth > e.clientWidth + 2
    && e.checkVisibility() && e.textContent.trim();
}).map((e) => `${e.tagName.toLowerCase()}.${e.getAttribute('class') ?? ''}: `
  + `${e.scrollWidth} px of words in ${e.clientWidth}`)"""

# Contrast of each text with what is painted under it. Text over pictures is left out.
FAINT = """([least, large]) => {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const known = {};
  const rgba = (colour) => {
    if (colour in known) return known[colour];
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return known[colour] = [...canvas.getImageData(0, 0, 1, 1).data].map((v) => v / 255);
  };
  const over = (top, under) => top.slice(0, 3).map((v, n) => v * top[3] + under[n] * (1 - top[3]));
  const light = (c) => [0.2126, 0.7152, 0.0722].reduce((sum, part, n) =>
    sum + part * (c[n] <= 0.03928 ? c[n] / 12.92 : ((c[n] + 0.055) / 1.055) ** 2.4), 0);
  const ground = (e) => {
    const layers = [];
    for (let p = e; p; p = p.parentElement) {
      const style = getComputedStyle(p);
      if (style.backgroundImage !== 'none' && !p.matches('.vt-table-box')) return null;
      const colour = rgba(style.backgroundColor);
      if (colour[3] > 0) layers.push(colour);
      if (colour[3] === 1) break;
    }
    const paper = matchMedia('(prefers-color-scheme: dark)').matches ? [0, 0, 0] : [1, 1, 1];
    return layers.reverse().reduce((under, top) => over(top, under), paper);
  };
  const faint = new Map();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const words = node.textContent.trim();
    const e = node.parentElement;
    if (!words || e.closest('script, style, noscript, [disabled], [hidden]')) continue;
    if (!e.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue;
    const style = getComputedStyle(e);
    const isDrawn = Boolean(e.closest('svg'));
    const under = ground(e);
    if (!under) continue;
    let opacity = 1;
    for (let p = e; p; p = p.parentElement) opacity *= Number(getComputedStyle(p).opacity);
    if (isDrawn && (style.fill === 'none' || e.tagName === 'title')) continue;
    const ink = [...rgba(isDrawn ? style.fill : style.color)];
    ink[3] *= opacity * (isDrawn ? Number(style.fillOpacity) : 1);
    // Words of a chart stand on marks too; those are the chart's, and it names their ink itself.
    if (isDrawn && e.closest('.mark-text')) continue;
    const [a, b] = [light(over(ink, under)), light(under)].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    const size = parseFloat(style.fontSize);
    const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    if (ratio < (isLarge ? large : least)) {
      const kind = `${e.tagName.toLowerCase()}.${e.getAttribute('class') ?? ''}`;
      if (!faint.has(kind)) faint.set(kind, `${kind}: ${ratio.toFixed(2)} "${words.slice(0, 40)}"`);
    }
  }
  return [...faint.values()];
}"""


def faults(page: Any) -> list[str]:
    """What sticks out of the window, is cut off, or has too little contrast; one a kind of element.

    `page`: an open page of Playwright, drawn whole.
    """
    wide = [f"wider than the window: {one}" for one in page.evaluate(WIDER)]
    cut = [f"cut off: {one}" for one in page.evaluate(CUT)]
    faint = page.evaluate(FAINT, [LEAST_CONTRAST, LEAST_OF_LARGE])
    return wide + cut + [f"too little contrast: {one}" for one in faint]
