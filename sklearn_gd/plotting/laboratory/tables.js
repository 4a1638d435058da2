// Text on the page: elements are filled with text and numbers, and touched only where these change.

function fill(id, text) {
  const node = byId(id);
  if (node.textContent !== text) node.textContent = text;
}

// What is read, and in data-value all digits.
function setNumber(node, value, text = format(value)) {
  if (node.textContent !== text) node.textContent = text;
  const digits = String(value);
  if (node.dataset.value !== digits) node.dataset.value = digits;
}

// The cells of a table's body with this many rows; the first of each row is its head.
function rows(id, count, width) {
  const body = byId(id);
  while (body.children.length > count) body.lastChild.remove();
  while (body.children.length < count) {
    const row = document.createElement("tr");
    for (let i = 0; i < width; i++) row.append(document.createElement(i === 0 ? "th" : "td"));
    row.firstChild.scope = "row";
    body.append(row);
  }
  return [...body.children].map((row) => [...row.children]);
}

function element(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "onclick") node.addEventListener("click", value);
    else node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}
