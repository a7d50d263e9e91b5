// The start form, and the same form while a run goes on. Its fields come as data from the server.
const $ = (id) => document.getElementById(id);

export const post = async (path, body = {}) => {
  try {
    const answer = await fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
    if ((answer.headers.get("content-type") ?? "").includes("json")) return await answer.json();
    return { ok: answer.ok, message: answer.ok ? "" : await answer.text() };
  } catch {
    return { ok: false, message: "Swell does not answer." };
  }
};

const input = (field, value) => {
  const several = field.kind === "choices";
  if (field.kind === "choice" || several) {
    const select = document.createElement("select");
    select.multiple = several;
    for (const choice of field.choices) {
      const chosen = several ? (value || []).includes(choice) : String(value ?? "") === choice;
      select.append(new Option(choice, choice, chosen, chosen));
    }
    return select;
  }
  const node = document.createElement("input");
  node.type = { number: "number", password: "password", flag: "checkbox" }[field.kind] ?? "text";
  if (field.kind === "flag") node.checked = Boolean(value);
  else node.value = value ?? "";
  if (field.kind === "number") node.step = field.step || "any";
  if (field.minimum !== null && field.minimum !== undefined) node.min = field.minimum;
  if (field.kind === "password") node.autocomplete = "off";
  return node;
};

export class Form {
  constructor() {
    this.mode = "start";
    this.fields = [];
    $("form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send();
    });
    $("cancel").addEventListener("click", () => this.hide());
  }

  show(mode, desk) {
    this.mode = mode;
    this.fields = desk.fields.filter((field) => mode === "start" || field.steers);
    $("fields").replaceChildren();
    $("more-fields").replaceChildren();
    for (const field of this.fields) {
      const box = document.createElement("div");
      const label = document.createElement("label");
      const node = input(field, mode === "steer" ? desk.current?.[field.name] ?? field.value : field.value);
      node.id = `field-${field.name}`;
      node.name = field.name;
      node.required = field.required;
      label.htmlFor = node.id;
      label.textContent = field.label;
      box.append(label, node);
      if (field.kind === "text" && field.choices.length) {
        const list = document.createElement("datalist");
        list.id = `${node.id}-choices`;
        list.append(...field.choices.map((choice) => new Option(choice)));
        node.setAttribute("list", list.id);
        box.append(list);
      }
      if (field.help) {
        const help = document.createElement("small");
        help.textContent = field.help;
        help.id = `${node.id}-help`;
        node.setAttribute("aria-describedby", help.id);
        box.append(help);
      }
      $(field.more && mode === "start" ? "more-fields" : "fields").append(box);
    }
    $("more").hidden = !$("more-fields").children.length;
    $("form-title").textContent = mode === "start" ? desk.title || "Start a test" : "Change the running test";
    $("go").textContent = mode === "start" ? "Start" : "Change";
    $("cancel").hidden = false;
    $("trouble").textContent = "";
    $("form").hidden = false;
  }

  hide() {
    $("form").hidden = true;
  }

  get visible() {
    return !$("form").hidden;
  }

  async #send() {
    const values = {};
    for (const field of this.fields) {
      const node = $(`field-${field.name}`);
      if (field.kind === "flag") values[field.name] = node.checked;
      else if (field.kind === "choices") values[field.name] = [...node.selectedOptions].map((each) => each.value);
      else values[field.name] = node.value;
    }
    $("go").disabled = true;
    $("trouble").textContent = "";
    const answer = await post(this.mode === "start" ? "api/start" : "api/steer", values);
    $("go").disabled = false;
    if (answer.ok) this.hide();
    else $("trouble").textContent = answer.message || "That did not work.";
  }
}
