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
  desk.addEventListener('click', e => {
    const jump = e.target.closest && e.target.closest('[data-t]');
    const player = [...desk.querySelectorAll('video.vt-player')].find(isVisible);
    if (jump && player) { player.currentTime = Number(jump.dataset.t); player.play(); return; }
    const poster = e.target.closest && e.target.closest('.vt-poster, .vt-post');
    const open = poster && !e.target.closest('a') && poster.closest('.vt-row').querySelector('.vt-open-post');
    if (open) open.click();
  });
};
found();
