"use strict";
(() => {
  const form = document.getElementById("review");
  const known = JSON.parse(document.getElementById("review-data").textContent);
  const status = document.getElementById("review-status");
  const pattern = document.getElementById("review-note");
  const day = new Date();
  const two = (n) => String(n).padStart(2, "0");
  form.elements.reviewed_on.value = `${day.getFullYear()}-${two(day.getMonth() + 1)}-${two(day.getDate())}`;

  const notes = () => [...form.querySelectorAll(".vt-review-note")].map((note) => {
    const seconds = note.querySelector("input").value;
    return {
      beat_id: note.closest("[data-beat]").dataset.beat,
      at_s: seconds === "" ? null : Number(seconds),
      text: note.querySelector("textarea").value.trim(),
    };
  }).filter((note) => note.text);
  const count = () => {
    const n = notes().length;
    document.getElementById("review-count").textContent =
      n ? `${n} comment${n === 1 ? "" : "s"}.` : "No comments yet.";
  };
  const say = (text, isBad) => {
    status.textContent = text;
    status.classList.toggle("vt-warn", Boolean(isBad));
  };

  form.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button?.classList.contains("vt-review-add")) {
      const place = button.parentElement.querySelector(".vt-review-notes");
      const note = pattern.content.cloneNode(true).firstElementChild;
      const seconds = note.querySelector("input");
      seconds.min = place.dataset.start;
      seconds.max = place.dataset.end;
      place.append(note);
      note.querySelector("textarea").focus();
    }
    if (button?.classList.contains("vt-review-drop")) button.closest(".vt-review-note").remove();
    count();
  });
  form.addEventListener("input", count);

  // The answer, or null with what is missing said.
  const answer = () => {
    const reviewer = form.elements.reviewer.value.trim();
    const decision = form.elements.decision.value;
    const wrong = [...form.querySelectorAll("input[type=number]")].find((input) => !input.checkValidity());
    const lacks =
      (!reviewer && [form.elements.reviewer, "Please write your name."]) ||
      (!form.elements.reviewed_on.value && [form.elements.reviewed_on, "Please give the date."]) ||
      (!decision && [form.querySelector("[name=decision]"), "Please choose a decision."]) ||
      (wrong && [wrong, `That second is not in this beat: ${wrong.min} to ${wrong.max}.`]) ||
      (decision !== "approve" && !notes().length && [form.querySelector(".vt-review-add"), "Please say in a comment what should change."]);
    if (lacks) {
      lacks[0].focus();
      say(lacks[1], true);
      return null;
    }
    return {
      form: known.form,
      script_id: known.script_id,
      version: known.version,
      words: known.words,
      reviewer,
      reviewed_on: form.elements.reviewed_on.value,
      decision,
      notes: notes(),
    };
  };
  const fileName = (one) => {
    const who = one.reviewer.normalize("NFKD").replace(/[^A-Za-z0-9]+/g, "-").replace(/^-+|-+$/g, "").toLowerCase();
    return `${one.script_id}-v${one.version}-${who || "answer"}.review.json`;
  };
  const save = (one) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([JSON.stringify(one, null, 1)], { type: "application/json" }));
    link.download = fileName(one);
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
    say(`Saved as ${link.download} among your downloads.`);
  };
  const send = async (one) => {
    say("Sending …");
    try {
      const reply = await fetch(known.post_to, {
        method: "POST",
        credentials: "same-origin",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(one),
      });
      const told = await reply.json();
      say(told.message, !reply.ok);
    } catch (error) {
      say("The answer did not get through. Try again in a moment; your comments are still here.", true);
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
    const words = { approve: "Approved", send_back: "Sent back", comment: "Comments on" };
    const subject = `${words[one.decision]}: ${known.title}, version ${one.version}`;
    const lines = one.notes.map((n) => `- ${n.beat_id || "the whole"}${n.at_s === null ? "" : ` at ${n.at_s} s`}: ${n.text}`);
    const body = [subject, ...lines, `${one.reviewer}, ${one.reviewed_on}`, "", packed(one)].join("\n");
    const address = `mailto:${encodeURIComponent(known.mail).replaceAll("%40", "@")}?subject=${encodeURIComponent(subject)}&body=${encodeURIComponent(body)}`;
    if (address.length > MAIL_MAX) {
      save(one);
      say(`That is too long for a mail made here. ${fileName(one)} is saved: attach it to a mail of yours.`);
      return;
    }
    const link = document.createElement("a");
    link.href = address;
    link.id = "review-address";
    link.textContent = "Open the mail";
    status.replaceChildren(link);
    status.classList.remove("vt-warn");
    link.click();
  });
})();
