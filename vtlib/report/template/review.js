"use strict";
(() => {
  const form = document.getElementById("review");
  const known = JSON.parse(document.getElementById("review-data").textContent);
  const say = (text) => known.words[text] ?? text;
  const status = document.getElementById("review-status");
  const pattern = document.getElementById("review-note");
  const day = new Date();
  const two = (n) => String(n).padStart(2, "0");
  form.elements.reviewed_on.value = `${day.getFullYear()}-${two(day.getMonth() + 1)}-${two(day.getDate())}`;

  // A report's cards and actions get their place for comments here: the page itself is as it was rendered.
  document.querySelectorAll("main [data-place]").forEach((place) => {
    if (place.querySelector(".vt-review-add") || form.contains(place)) return;
    const notes = document.createElement("div");
    notes.className = "vt-review-notes";
    const button = document.createElement("button");
    button.type = "button";
    button.className = "vt-review-add";
    button.textContent = say("Comment on this");
    const room = document.createElement("div");
    room.className = "vt-review-room";
    room.append(notes, button);
    (place.classList.contains("vt-poster") ? place.lastElementChild : place).append(room);
  });

  const placeOf = (element) => element.closest("[data-place]").dataset.place;
  const notes = () => [...document.querySelectorAll(".vt-review-note")].map((note) => {
    const seconds = note.querySelector("input").value;
    return {
      [known.place]: placeOf(note),
      at_s: seconds === "" ? null : Number(seconds),
      text: note.querySelector("textarea").value.trim(),
    };
  }).filter((note) => note.text);
  const add = (place) => {
    const note = pattern.content.cloneNode(true).firstElementChild;
    const seconds = note.querySelector("input");
    if (place.dataset.end) {
      seconds.min = place.dataset.start;
      seconds.max = place.dataset.end;
    } else seconds.closest("label").hidden = true;
    place.append(note);
    return note;
  };

  // The comments of a report's other pages, where the browser keeps them for all of its pages.
  const drafts = () => {
    try {
      return JSON.parse(localStorage.getItem(known.draft)) ?? {};
    } catch {
      return {};
    }
  };
  const keep = () => {
    if (!known.draft) return;
    try {
      localStorage.setItem(known.draft, JSON.stringify({ ...drafts(), [known.page]: notes() }));
    } catch { /* a browser that keeps nothing: this page's comments stay on it */ }
  };
  const elsewhere = () => (known.draft ? Object.entries(drafts()).filter(([page]) => page !== known.page).flatMap(([, kept]) => kept) : []);
  const all = () => [...notes(), ...elsewhere()];
  if (known.draft) {
    (drafts()[known.page] ?? []).forEach((one) => {
      const own = [...document.querySelectorAll(".vt-review-notes")].find((place) => placeOf(place) === one[known.place]);
      if (!own) return;
      const note = add(own);
      note.querySelector("textarea").value = one.text;
      note.querySelector("input").value = one.at_s ?? "";
    });
  }

  const count = () => {
    const n = all().length;
    const others = elsewhere().length;
    const text = `${n} ${say(n === 1 ? "comment" : "comments")}`;
    const where = others ? ` (${others} ${say("on other pages")})` : "";
    document.getElementById("review-count").textContent = n ? `${text}${where}.` : say("No comments yet.");
    const bar = document.getElementById("review-bar");
    if (bar) bar.textContent = n ? `· ${text}` : "";
  };
  const show = (text, isBad) => {
    status.textContent = text;
    status.classList.toggle("vt-warn", Boolean(isBad));
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button?.classList.contains("vt-review-add")) {
      const note = add(button.parentElement.querySelector(".vt-review-notes"));
      const slider = document.querySelector(".vt-scrub input[type=range]");
      const seconds = note.querySelector("input");
      if (known.draft && seconds.max && Number(slider?.value)) seconds.value = slider.value;
      note.querySelector("textarea").focus();
    }
    if (button?.classList.contains("vt-review-drop")) button.closest(".vt-review-note").remove();
    if (button) {
      keep();
      count();
    }
  });
  document.addEventListener("input", (event) => {
    if (!event.target.closest(".vt-review-note")) return;
    keep();
    count();
  });
  count();

  // The answer, or null with what is missing said.
  const answer = () => {
    const reviewer = form.elements.reviewer.value.trim();
    const decision = form.elements.decision.value;
    const wrong = [...document.querySelectorAll(".vt-review-note input")].find((input) => !input.checkValidity());
    const lacks =
      (!reviewer && [form.elements.reviewer, say("Please write your name.")]) ||
      (!form.elements.reviewed_on.value && [form.elements.reviewed_on, say("Please give the date.")]) ||
      (!decision && [form.querySelector("[name=decision]"), say("Please choose a decision.")]) ||
      (wrong && [wrong, `${say("That second is not there:")} ${wrong.min} – ${wrong.max}`]) ||
      (decision !== "approve" && !all().length && [document.querySelector(".vt-review-add"), say("Please say in a comment what should change.")]);
    if (lacks) {
      lacks[0].focus();
      show(lacks[1], true);
      return null;
    }
    return { ...known.answer, reviewer, reviewed_on: form.elements.reviewed_on.value, decision, notes: all() };
  };
  const fileName = (one) => {
    const who = one.reviewer.normalize("NFKD").replace(/[^A-Za-z0-9]+/g, "-").replace(/^-+|-+$/g, "").toLowerCase();
    return `${known.stem}-${who || "answer"}.review.json`;
  };
  const save = (one) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([JSON.stringify(one, null, 1)], { type: "application/json" }));
    link.download = fileName(one);
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
    show(`${say("Saved among your downloads:")} ${link.download}`);
  };
  const send = async (one) => {
    show(say("Sending …"));
    try {
      const reply = await fetch(known.post_to, {
        method: "POST",
        credentials: "same-origin",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(one),
      });
      const told = await reply.json();
      show(told.message, !reply.ok);
      if (reply.ok && known.draft) localStorage.removeItem(known.draft);
    } catch (error) {
      show(say("The answer did not get through. Try again in a moment; your comments are still here."), true);
    }
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const one = answer();
    if (one) (known.post_to ? send : save)(one);
  });

  // A mail: the answer in words, and once more packed, so that it can be taken in as it is.
  const MAIL_MAX = 1800; // longer addresses are cut by some mail programs
  const packed = (one) => {
    const bytes = new TextEncoder().encode(JSON.stringify(one));
    const text = btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
    return `${known.form}:${text.replace(/(.{70})/g, "$1\n")}:end`;
  };
  document.getElementById("review-mail")?.addEventListener("click", () => {
    const one = answer();
    if (!one) return;
    const words = { approve: say("Approved"), send_back: say("Sent back"), comment: say("Comments on") };
    const subject = `${words[one.decision]}: ${known.title}`;
    const lines = one.notes.map((n) => `- ${n[known.place] || say("the whole")}${n.at_s === null ? "" : ` ${say("at second")} ${n.at_s}`}: ${n.text}`);
    const body = [subject, ...lines, `${one.reviewer}, ${one.reviewed_on}`, "", packed(one)].join("\n");
    const address = `mailto:${encodeURIComponent(known.mail).replaceAll("%40", "@")}?subject=${encodeURIComponent(subject)}&body=${encodeURIComponent(body)}`;
    if (address.length > MAIL_MAX) {
      save(one);
      show(`${say("That is too long for a mail made here. Attach the file to a mail of yours:")} ${fileName(one)}`);
      return;
    }
    const link = document.createElement("a");
    link.href = address;
    link.id = "review-address";
    link.textContent = say("Open the mail");
    status.replaceChildren(link);
    status.classList.remove("vt-warn");
    link.click();
  });
})();
