"use strict";
(() => {
  // Words in the reader's language; English where the page brings none.
  const own = JSON.parse(document.body.dataset.words || "{}");
  const say = (text) => own[text] ?? text;
  // Charts: each is a figure with its data beside it. The drawing is SVG, whose text takes the page's
  // colour, and expressions are interpreted, because the page's policy allows no code made from text.
  const options = {
    mode: "vega-lite",
    renderer: "svg",
    ast: true,
    logLevel: 1,
    actions: { export: true, source: false, compiled: false, editor: false },
  };
  const { lang } = document.documentElement;
  if (lang !== "en") {
    const sign = (kind) => new Intl.NumberFormat(lang).formatToParts(1234567.8).find((p) => p.type === kind).value;
    const names = (count, date, form) => Array.from({ length: count }, (_, n) =>
      new Intl.DateTimeFormat(lang, { ...form, timeZone: "UTC" }).format(date(n)));
    const weekday = (n) => Date.UTC(2026, 1, 1 + n); // a Sunday
    const month = (n) => Date.UTC(2026, n, 1);
    options.formatLocale = { decimal: sign("decimal"), thousands: sign("group"), grouping: [3], currency: ["$", ""] };
    options.timeFormatLocale = {
      dateTime: "%d.%m.%Y %H:%M", date: "%d.%m.%Y", time: "%H:%M", periods: ["AM", "PM"],
      days: names(7, weekday, { weekday: "long" }), shortDays: names(7, weekday, { weekday: "short" }),
      months: names(12, month, { month: "long" }), shortMonths: names(12, month, { month: "short" }),
    };
  }
  const sized = (spec, room) => {
    if (spec.vconcat) {
      const width = Math.max(160, room - 74);
      const wide = (part) => (part.vconcat ? { ...part, vconcat: part.vconcat.map(wide) } : { ...part, width });
      return wide(spec);
    }
    const isOne = spec.layer || spec.mark;
    return isOne ? { ...spec, width: "container", autosize: { type: "fit-x", contains: "padding" } } : spec;
  };
  const NARROW = 480;
  const narrowed = (part) => {
    for (const [name, value] of Object.entries(part)) {
      if (name === "legend" && value?.columns) {
        value.columns = { 2: 1, 3: 3 }[value.columns] ?? 2; // two: long names
      }
      if (value && typeof value === "object" && name !== "datasets") narrowed(value);
    }
    return part;
  };
  const draw = async (figure) => {
    const place = figure.querySelector(".vt-drawing");
    const spec = JSON.parse(figure.querySelector('script[type="application/json"]').textContent);
    const room = place.clientWidth;
    try {
      await window.vegaEmbed(place, sized(room < NARROW ? narrowed(spec) : spec, room), options);
      figure.dataset.drawn = "yes";
    } catch (error) {
      place.textContent = `${say("This chart could not be drawn:")} ${error.message}`;
      figure.dataset.drawn = "no";
    }
  };
  const figures = [...document.querySelectorAll("figure.vt-chart")];
  figures.forEach(draw);
  let width = window.innerWidth;
  let timer = 0;
  window.addEventListener("resize", () => {
    if (window.innerWidth === width) return;
    width = window.innerWidth;
    clearTimeout(timer);
    timer = setTimeout(() => figures.filter((f) => {
      const spec = JSON.parse(f.querySelector('script[type="application/json"]').textContent);
      return spec.vconcat;
    }).forEach(draw), 200);
    fits.forEach((again) => again());
  });

  // Tables: a click on a heading sorts by it, a second click the other way; missing values stay last.
  const compare = (a, b, isNumber) => (isNumber ? a - b : a.localeCompare(b));
  const sort = (table, column, isNumber, direction) => {
    const body = table.tBodies[0];
    const rows = [...body.rows].map((row, place) => {
      const text = row.cells[column]?.dataset.sort ?? "";
      return { row, place, text, key: isNumber ? Number(text) : text };
    });
    rows.sort((a, b) => {
      if (!a.text || !b.text) return (a.text ? 0 : 1) - (b.text ? 0 : 1) || a.place - b.place;
      return direction * compare(a.key, b.key, isNumber) || a.place - b.place;
    });
    body.append(...rows.map((r) => r.row));
  };
  // A field over a table of some length hides the rows that lack one of the words typed.
  const FILTERED_FROM = 9;
  const filter = (table) => {
    const rows = [...(table.tBodies[0]?.rows ?? [])];
    const field = document.createElement("input");
    field.type = "search";
    field.className = "vt-filter";
    field.placeholder = say("Filter rows");
    field.setAttribute("aria-label", say("Filter rows"));
    const texts = rows.map((row) => row.textContent.toLowerCase());
    field.addEventListener("input", () => {
      const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
      rows.forEach((row, place) => { row.hidden = !words.every((word) => texts[place].includes(word)); });
    });
    (table.closest(".vt-table-box") ?? table).before(field);
  };
  // A wide table shows the columns that have room; a button, and a phone, shows each row as a card
  // with all of them.
  const NARROW_PX = 560;
  const FEW = 3;
  const fit = (table, heads) => {
    const box = table.closest(".vt-table-box");
    if (!box || !box.clientWidth) return;
    const columns = (from) => [table.tHead.rows[0], ...table.tBodies[0].rows].forEach((row) => {
      [...row.cells].forEach((cell, place) => { cell.hidden = place >= from; });
    });
    let button = box.nextElementSibling?.classList.contains("vt-columns") ? box.nextElementSibling : null;
    if (table.dataset.open) return;
    table.classList.toggle("vt-as-cards", window.innerWidth <= NARROW_PX && heads.length > FEW);
    columns(heads.length);
    let n = heads.length;
    while (!table.classList.contains("vt-as-cards") && n > 2 && table.scrollWidth > box.clientWidth + 1) columns(--n);
    if (n < heads.length && !button) {
      button = document.createElement("button");
      button.type = "button";
      button.className = "vt-columns";
      button.addEventListener("click", () => {
        if (table.dataset.open) delete table.dataset.open;
        else {
          table.dataset.open = "yes";
          table.classList.add("vt-as-cards");
          button.textContent = say("As a table");
          return;
        }
        fit(table, heads);
      });
      box.after(button);
    }
    if (button) {
      button.hidden = n === heads.length;
      button.textContent = `${heads.length - n} ${heads.length - n === 1 ? say("more column") : say("more columns")}`;
    }
  };
  const fits = [];
  // Paper is as wide as .vt-on-paper: a table prints the columns that have room there.
  const onPaper = (is) => {
    document.body.classList.toggle("vt-on-paper", is);
    fits.forEach((again) => again());
  };
  window.addEventListener("beforeprint", () => onPaper(true));
  window.addEventListener("afterprint", () => onPaper(false));
  // On a phone a long list of cards begins with a few; a button shows the rest.
  const CARDS_FIRST = 8;
  const shorten = (table) => {
    const rows = [...table.tBodies[0].rows];
    if (window.innerWidth > NARROW_PX || rows.length <= CARDS_FIRST + 2) return;
    rows.slice(CARDS_FIRST).forEach((row) => row.classList.add("vt-later"));
    const button = document.createElement("button");
    button.type = "button";
    button.className = "vt-columns";
    button.textContent = `${rows.length - CARDS_FIRST} ${say("more rows")}`;
    button.addEventListener("click", () => {
      rows.forEach((row) => row.classList.remove("vt-later"));
      button.remove();
    });
    table.closest(".vt-table-box")?.after(button);
  };
  document.querySelectorAll("table.vt-table").forEach((table) => {
    if ((table.tBodies[0]?.rows.length ?? 0) >= FILTERED_FROM) filter(table);
    const heads = [...table.querySelectorAll("thead th")];
    heads.forEach((head, column) => {
      const isNumber = head.classList.contains("vt-number");
      const label = head.textContent;
      [...(table.tBodies[0]?.rows ?? [])].forEach((row) => { row.cells[column].dataset.label = label; });
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const was = head.getAttribute("aria-sort");
        const down = was ? was === "ascending" : isNumber;
        heads.forEach((h) => h.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        sort(table, column, isNumber, down ? -1 : 1);
      });
    });
    if (table.tBodies[0]?.rows.length) {
      shorten(table);
      fits.push(() => fit(table, heads));
      fit(table, heads);
      table.closest("details")?.addEventListener("toggle", () => fit(table, heads));
    }
  });

  // A video: the slider and the small frames choose the frame that is shown large.
  document.querySelectorAll(".vt-scrub").forEach((scrub) => {
    const frames = [...scrub.querySelectorAll(".vt-frames button")];
    const [image, label] = [scrub.querySelector(".vt-stage-picture img"), scrub.querySelector(".vt-stage-picture span")];
    const slider = scrub.querySelector("input[type=range]");
    const player = scrub.querySelector("video");
    player?.addEventListener("timeupdate", () => {
      if (slider && !player.paused) slider.value = player.currentTime;
    });
    const show = (second) => {
      if (player && second <= player.duration) player.currentTime = second;
      const before = frames.filter((f) => Number(f.dataset.at) <= second + 0.05);
      const frame = before.at(-1) ?? frames[0];
      image.src = frame.querySelector("img").src;
      image.alt = frame.querySelector("img").alt;
      label.textContent = slider ? `${second.toFixed(1)} s` : image.alt;
      frames.forEach((f) => (f === frame ? f.setAttribute("aria-current", "true") : f.removeAttribute("aria-current")));
    };
    slider?.addEventListener("input", () => show(Number(slider.value)));
    frames.forEach((frame) => frame.addEventListener("click", () => {
      if (slider) slider.value = frame.dataset.at;
      show(Number(frame.dataset.at));
    }));
  });
})();
