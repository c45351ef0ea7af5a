/* The table of claims: DataTables sorts, searches and turns its pages; a choice above for each column of few values. */
"use strict";
document.querySelectorAll("#tbl-glance-outcomes table").forEach((element) => {
  const FILTERS = ["document", "data set", "outcome", "runs", "published numbers"];
  const heads = [...element.tHead.rows[0].cells].map((cell) => cell.textContent.trim());
  const table = new DataTable(element, {
    order: [],
    pageLength: 10,
    lengthMenu: [10, 25, 50, -1],
    autoWidth: false,
    layout: { topStart: "search", topEnd: "pageLength", bottomStart: "info", bottomEnd: "paging" },
    language: { search: "Search", lengthMenu: "Rows _MENU_", info: "_START_ to _END_ of _TOTAL_ rows", lengthLabels: { "-1": "all" } },
  });
  const bar = document.createElement("div");
  bar.className = "filters";
  FILTERS.filter((name) => heads.includes(name)).forEach((name) => {
    const column = table.column(heads.indexOf(name)), label = document.createElement("label");
    const values = [...new Set(column.data().toArray())].sort();
    const options = values.map((v) => `<option>${v}</option>`).join("");
    label.innerHTML = `${name} <select aria-label="${name}"><option value="">all</option>${options}</select>`;
    label.lastElementChild.addEventListener("change", ({ target }) => column.search(target.value, { exact: true }).draw());
    bar.append(label);
  });
  element.closest(".dt-container").before(bar);
});
