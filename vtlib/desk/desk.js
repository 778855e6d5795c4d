// Keys, previews and jumps of the desk. `this` is an element inside of it; widgets hold no scripts, so app.py runs
// this as the handler of an image that does not load.
const found = () => {
  const desk = this.closest('.vt-desk');
  if (!desk) { if (this.isConnected) setTimeout(found, 100); return; }
  const isVisible = e => e && e.offsetParent !== null;
  document.addEventListener('keydown', e => {
    const at = e.target;
    if (!isVisible(desk) || e.ctrlKey || e.metaKey || e.altKey || e.repeat) return;
    if (!desk.contains(at) && !at.contains(desk)) return;
    if (at.closest('input:not([type=checkbox]), textarea, select, [contenteditable]')) return;
    if (e.key === 'p') {
      const video = [...desk.querySelectorAll('video.vt-player')].find(isVisible);
      if (video) { e.preventDefault(); e.stopPropagation(); video.paused ? video.play() : video.pause(); }
      return;
    }
    const button = /^[a-z0-9]$/.test(e.key) && [...desk.querySelectorAll('.vt-key-' + e.key)].find(isVisible);
    if (button && !button.disabled) { e.preventDefault(); e.stopPropagation(); button.click(); }
  }, true);
  desk.addEventListener('mouseover', e => {
    const poster = e.target.closest && e.target.closest('.vt-poster[data-video]');
    if (!poster || poster.querySelector('video')) return;
    const video = Object.assign(document.createElement('video'), { src: poster.dataset.video, muted: true, loop: true });
    video.className = 'vt-preview';
    poster.appendChild(video);
    video.play().catch(() => video.remove());
    poster.addEventListener('mouseleave', () => video.remove(), { once: true });
  });
  // Side by side: all videos of the panel move by one bar.
  const videosOf = e => [...e.target.closest('.vt-compare').querySelectorAll('video')];
  const seek = (videos, t) => videos.forEach(v => { v.currentTime = Math.min(Math.max(t, 0), v.duration || t); });
  desk.addEventListener('input', e => {
    if (!e.target.closest('.vt-scrub')) return;
    const videos = videosOf(e), longest = Math.max(...videos.map(v => v.duration || 0));
    seek(videos, longest * e.target.value / 1000);
  });
  desk.addEventListener('timeupdate', e => {
    const panel = e.target.closest('.vt-compare');
    if (!panel || panel.querySelector('video') !== e.target) return;
    const longest = Math.max(...[...panel.querySelectorAll('video')].map(v => v.duration || 0));
    panel.querySelector('.vt-time').textContent = e.target.currentTime.toFixed(1) + ' s';
    if (longest) panel.querySelector('.vt-scrub').value = 1000 * e.target.currentTime / longest;
  }, true);
  // A chart that was drawn while its view was hidden has no width: Vega measures again on resize.
  const sized = new ResizeObserver(() => window.dispatchEvent(new Event('resize'))), known = new WeakSet();
  new MutationObserver(() => desk.querySelectorAll('.vega-embed').forEach(e => {
    if (!known.has(e)) { known.add(e); sized.observe(e); }
  })).observe(desk, { childList: true, subtree: true });
  // Board: a card is dragged to a column; the move itself is the kernel's. By pointer events, since a browser's own drag
  // does not begin on a button.
  let card = null, from = null;
  desk.addEventListener('pointerdown', e => {
    card = e.target.closest('.vt-column .vt-button.vt-card');
    from = { x: e.clientX, y: e.clientY };
  });
  const columnAt = e => (document.elementFromPoint(e.clientX, e.clientY) || desk).closest('.vt-column');
  document.addEventListener('pointermove', e => {
    if (!card || !e.buttons) return;
    const dx = e.clientX - from.x, dy = e.clientY - from.y;
    if (Math.hypot(dx, dy) < 8) return;
    card.classList.add('vt-dragged');
    card.style.transform = `translate(${dx}px, ${dy}px)`;
    desk.querySelectorAll('.vt-column').forEach(c => c.classList.toggle('vt-over', c === columnAt(e)));
  });
  document.addEventListener('pointercancel', () => {
    if (card) { card.classList.remove('vt-dragged'); card.style.transform = ''; card = null; }
  });
  document.addEventListener('pointerup', e => {
    const dragged = card && card.classList.contains('vt-dragged') ? card : null, column = columnAt(e);
    card = null;
    if (!dragged) return;
    dragged.classList.remove('vt-dragged');
    dragged.style.transform = '';
    desk.querySelectorAll('.vt-over').forEach(c => c.classList.remove('vt-over'));
    window.addEventListener('click', c => { c.stopPropagation(); c.preventDefault(); }, { capture: true, once: true });
    setTimeout(() => window.dispatchEvent(new Event('click')), 0);
    if (!column) return;
    const part = (e, start) => [...e.classList].find(c => c.startsWith(start)).slice(start.length);
    const field = desk.querySelector('.vt-drop input');
    field.value = part(dragged, 'vt-script-') + ' ' + part(column, 'vt-to-');
    field.dispatchEvent(new Event('change', { bubbles: true }));
  });
  desk.addEventListener('click', e => {
    const step = e.target.closest && e.target.closest('.vt-step');
    if (step) {
      const videos = videosOf(e), word = step.dataset.step;
      if (word === 'play') {
        const isPaused = videos.every(v => v.paused || v.ended);
        videos.forEach(v => isPaused ? v.play() : v.pause());
        step.textContent = isPaused ? 'Pause all' : 'Play all';
      } else seek(videos, word === 'start' ? 0 : videos[0].currentTime + Number(word));
      return;
    }
    const jump = e.target.closest && e.target.closest('[data-t]');
    const player = [...desk.querySelectorAll('video.vt-player')].find(isVisible);
    if (jump && player && !e.target.closest('.vt-compare')) { player.currentTime = Number(jump.dataset.t); player.play(); return; }
    const poster = e.target.closest && e.target.closest('.vt-poster, .vt-post');
    const open = poster && !e.target.closest('a') && poster.closest('.vt-row').querySelector('.vt-open-post');
    if (open) open.click();
  });
};
found();
