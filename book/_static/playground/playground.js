/* Decoders of several systems in the browser: codes are drawn, walked between and moved here, images are made by TensorFlow.js.
   The scripts of the systems (book/_ext/playground.py) are loaded when the reader presses the button. */
"use strict";
(() => {
  const FOLDER = document.currentScript.src.replace(/[^/]*$/, "");
  const COLUMNS = 9, SIDE = 32, REACH = 3; // images a row, pixels, standard deviations along a direction
  const systems = {};
  let digits = null, runtime = "";

  // ---- arrays out of base64
  const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const HALVES = Float32Array.from({ length: 65536 }, (_, h) => {
    const sign = h & 0x8000 ? -1 : 1, exponent = (h >> 10) & 31, fraction = (h & 1023) / 1024;
    return sign * (exponent ? 2 ** (exponent - 15) * (1 + fraction) : 2 ** -14 * fraction);
  });
  const floats = (a) => new Float32Array(bytes(a.float32).buffer);
  const halves = (a) => Float32Array.from(new Uint16Array(bytes(a.float16).buffer), (h) => HALVES[h]);

  function add(name, raw) {
    const densities = {};
    for (const [k, d] of Object.entries(raw.densities))
      densities[k] = { weights: floats(d.weights), means: floats(d.means), factors: floats(d.factors) };
    const [latent] = raw.mean.shape;
    const own = { latent, densities, packed: raw.stages, mean: floats(raw.mean) };
    systems[name] = { ...own, digits: floats(raw.digits), directions: floats(raw.directions), shares: floats(raw.shares) };
  }

  // ---- the decoder
  function unpack(stage) {
    const scale = tf.tensor(floats(stage.scale)), kernel = tf.tensor(halves(stage.kernel), stage.kernel.shape);
    const shape = stage.grid ? [1] : [-1, 1]; // (k, k, out, in)
    return { ...stage, kernel: tf.mul(kernel, tf.reshape(scale, shape)), shift: tf.tensor(floats(stage.shift)) };
  }

  function decode(name, codes) { // (n * d) -> (n * 32 * 32), in [0, 1]
    const one = systems[name];
    one.stages ??= one.packed.map(unpack);
    return tf.tidy(() => {
      let x = tf.tensor2d(codes, [codes.length / one.latent, one.latent]);
      for (const s of one.stages) {
        const [count, height, width] = x.shape;
        if (s.grid) x = tf.matMul(x, s.kernel);
        else x = tf.conv2dTranspose(x, s.kernel, [count, s.stride * height, s.stride * width, s.kernel.shape[2]], s.stride, "same");
        x = tf.add(x, s.shift);
        if (s.grid) x = tf.reshape(x, [count, ...s.grid]);
        if (s.end) x = s.end === "relu" ? tf.relu(x) : tf.sigmoid(x);
      }
      return x.dataSync();
    });
  }

  // ---- codes
  function random(seed) { // uniform numbers (mulberry32)
    return () => {
      seed = (seed + 0x6d2b79f5) | 0;
      let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
      t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
      return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
    };
  }

  function noise(seed, latent) { // for every column a uniform number and a normal code (Box-Muller)
    const next = random(seed);
    const normal = () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
    return Array.from({ length: COLUMNS }, () => ({ u: next(), eps: Float32Array.from({ length: latent }, normal) }));
  }

  function draw(name, density, { u, eps }, spread = 1) { // m_k + spread L_k eps, k chosen by u; density "0" is N(0, I)
    const { latent: d, densities } = systems[name];
    if (density === "0") return eps.map((e) => spread * e);
    const { weights, means, factors } = densities[density];
    let k = 0;
    for (let sum = weights[0]; sum < u && k < weights.length - 1; sum += weights[++k]);
    return eps.map((_, i) => {
      let z = means[k * d + i];
      for (let j = 0; j <= i; j++) z += spread * factors[(k * d + i) * d + j] * eps[j];
      return z;
    });
  }

  const row = (array, i, d) => array.subarray(i * d, (i + 1) * d);

  function slerp(a, b, t) {
    const dot = (x, y) => x.reduce((sum, v, i) => sum + v * y[i], 0);
    const angle = Math.acos(Math.max(-1, Math.min(1, dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b)))));
    const flat = Math.sin(angle) < 1e-6;
    const left = flat ? 1 - t : Math.sin((1 - t) * angle) / Math.sin(angle);
    const right = flat ? t : Math.sin(t * angle) / Math.sin(angle);
    return a.map((v, i) => left * v + right * b[i]);
  }

  const STEPS = Array.from({ length: COLUMNS }, (_, j) => j / (COLUMNS - 1));

  function codes(name, state) { // one row of codes: (COLUMNS * d)
    const one = systems[name], d = one.latent, of = (k) => row(one.digits, k, d);
    const rows = {
      draw: () => noise(state.seed, d).map((n) => draw(name, state.density, n, state.spread)),
      walk: () => STEPS.map((t) => slerp(of(state.from), of(state.to), t)),
      move: () => STEPS.map((t) => of(state.from).map((v, i) => v + REACH * (2 * t - 1) * row(one.directions, state.direction, d)[i])),
    }[state.mode]();
    return Float32Array.from(rows.flatMap((z) => [...z]));
  }

  // ---- the page
  function load(file) {
    return new Promise((done, failed) => {
      const script = document.createElement("script");
      script.src = FOLDER + file;
      script.onload = done;
      script.onerror = () => failed(new Error(`${file} is missing`));
      document.head.append(script);
    });
  }

  async function ready(names) {
    await load("tf-core.min.js");
    await load("tf-backend-wasm.min.js");
    for (const name of ["runtime", ...names]) await load(`${name}.js`);
    const kinds = ["", "-simd", "-threaded-simd"], place = `data:application/wasm;base64,${runtime}`; // the library asks for all
    tf.wasm.setWasmPaths(Object.fromEntries(kinds.map((kind) => [`tfjs-backend-wasm${kind}.wasm`, place])));
    tf.env().set("WASM_HAS_MULTITHREAD_SUPPORT", false);
    await tf.setBackend("wasm");
    await tf.ready();
  }

  const options = (pairs, chosen) =>
    pairs.map(([v, text]) => `<option value="${v}"${v === chosen ? " selected" : ""}>${text}</option>`).join("");
  const DIGITS = Array.from({ length: 10 }, (_, k) => [k, String(k)]);
  const DENSITIES = [["0", "N(0, I)"], ["1", "one Gaussian"], ["10", "mixture of 10"], ["50", "mixture of 50"]];
  const CONTROLS = `
    <fieldset class="modes"><legend>What to decode</legend>
      <label><input type="radio" name="mode" value="draw" checked> random codes</label>
      <label><input type="radio" name="mode" value="walk"> a walk between two digits</label>
      <label><input type="radio" name="mode" value="move"> a principal direction</label>
    </fieldset>
    <div class="controls">
      <label data-for="draw">drawn from <select name="density">${options(DENSITIES, "10")}</select></label>
      <label data-for="draw">noise × <output>1</output> <input type="range" name="spread" min="0" max="1.5" step="0.05" value="1"></label>
      <button type="button" data-for="draw" name="again">draw again</button>
      <label data-for="walk move">from the digit <select name="from">${options(DIGITS, 2)}</select></label>
      <label data-for="walk">to <select name="to">${options(DIGITS, 9)}</select></label>
      <label data-for="move">direction <output>1</output> <input type="range" name="direction" min="1" max="16" value="1"></label>
    </div>`;

  function build(root, names) {
    const board = document.createElement("div");
    board.className = "board";
    const rows = names.map((name) => {
      const { label, colour } = root.systems[name];
      return `<div class="line" data-system="${name}"><span class="name"><i style="background:${colour}"></i>${label}</span>
        <canvas width="${COLUMNS * SIDE}" height="${SIDE}" role="img"></canvas><span class="remark"></span></div>`;
    });
    const top = `<div class="line" data-system="" hidden><span class="name">test images</span>
      <canvas width="${COLUMNS * SIDE}" height="${SIDE}" role="img"></canvas><span class="remark"></span></div>`;
    board.innerHTML = `${CONTROLS}<div class="rows">${top}${rows.join("")}</div><p class="status" role="status"></p>`;
    root.element.replaceChildren(board);
    return board;
  }

  function read(board, state) {
    const value = (name) => board.querySelector(`[name=${name}]`).value;
    board.querySelectorAll("input[type=range]").forEach((i) => (i.previousElementSibling.value = i.value));
    state.mode = board.querySelector("[name=mode]:checked").value;
    Object.assign(state, { density: value("density"), spread: +value("spread"), from: +value("from"), to: +value("to") });
    state.direction = value("direction") - 1;
    board.querySelectorAll("[data-for]").forEach((e) => (e.hidden = !e.dataset.for.split(" ").includes(state.mode)));
  }

  function paint(canvas, images, words) { // images: of COLUMNS, each 32 * 32 values in [0, 1], or none
    const pen = canvas.getContext("2d");
    pen.clearRect(0, 0, canvas.width, canvas.height);
    images.forEach((image, j) => {
      if (!image) return;
      const pixels = pen.createImageData(SIDE, SIDE);
      image.forEach((v, i) => pixels.data.set([255 * v + 0.5, 255 * v + 0.5, 255 * v + 0.5, 255], 4 * i));
      pen.putImageData(pixels, j * SIDE, 0);
    });
    canvas.setAttribute("aria-label", words);
  }

  const cut = (all, n) => Array.from({ length: n }, (_, j) => all.subarray(j * SIDE * SIDE, (j + 1) * SIDE * SIDE));

  function remark(root, name, state) {
    if (state.mode === "move") return `${(100 * systems[name].shares[state.direction]).toFixed(1)} % of variance`;
    const distance = root.systems[name].frechet[state.density];
    return state.mode === "draw" && state.spread === 1 && distance ? `distance ${distance}` : "";
  }

  function describe(state) {
    const density = DENSITIES.find(([k]) => k === state.density)[1];
    return { draw: `samples from ${density}`, walk: `a walk from a ${state.from} to a ${state.to}`,
      move: `a ${state.from} moved along direction ${state.direction + 1}` }[state.mode];
  }

  async function show(root, board, state) {
    const mine = (root.turn = (root.turn ?? 0) + 1), words = describe(state), start = performance.now();
    for (const line of board.querySelectorAll(".line")) {
      const name = line.dataset.system, canvas = line.querySelector("canvas");
      if (!name) {
        line.hidden = state.mode === "draw";
        const ends = { walk: [[0, state.from], [COLUMNS - 1, state.to]], move: [[(COLUMNS - 1) / 2, state.from]], draw: [] };
        const images = Array(COLUMNS).fill(null);
        for (const [j, k] of ends[state.mode]) images[j] = digits[k];
        paint(canvas, images, "test images");
        continue;
      }
      paint(canvas, cut(decode(name, codes(name, state)), COLUMNS), `${root.systems[name].label}: ${words}`);
      line.querySelector(".remark").textContent = remark(root, name, state);
      await new Promise(requestAnimationFrame);
      if (root.turn !== mine) return; // the reader has moved on
    }
    const count = COLUMNS * Object.keys(systems).length, seconds = (performance.now() - start) / 1000;
    board.querySelector(".status").textContent = `${count} images decoded here in ${seconds.toFixed(2)} s: ${words}`;
  }

  async function start(element) {
    const root = { element, systems: JSON.parse(element.dataset.systems) }, names = Object.keys(root.systems);
    await ready(names);
    const board = build(root, names), state = { seed: 1 };
    const update = () => { read(board, state); show(root, board, state); };
    board.addEventListener("input", update);
    board.querySelector("[name=again]").addEventListener("click", () => { state.seed++; update(); });
    update();
  }

  function offer(element) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "start";
    button.textContent = "Start the decoders (6 MB)";
    button.addEventListener("click", async () => {
      button.disabled = true;
      button.textContent = "Loading …";
      try { await start(element); } catch (error) { button.textContent = `The decoders do not run in this browser: ${error.message}`; }
    });
    element.prepend(button);
  }

  const setDigits = (raw) => (digits = cut(Float32Array.from(bytes(raw.uint8), (v) => v / 255), raw.shape[0]));
  window.playground = { add, decode, draw, codes, setDigits, setRuntime: (text) => (runtime = text) };
  document.querySelectorAll("[data-playground]").forEach(offer);

  // ---- sliders over stored plates: the picture whose number the slider has
  document.querySelectorAll("[data-plates]").forEach((box) => {
    const plates = [...box.querySelectorAll("figure")], label = document.createElement("label");
    label.innerHTML = `${box.dataset.plates} <output></output> <input type="range" min="0" max="${plates.length - 1}" value="${box.dataset.first}">`;
    const [output, input] = [label.querySelector("output"), label.querySelector("input")];
    const turn = () => {
      plates.forEach((plate, i) => (plate.hidden = i !== +input.value));
      output.value = plates[input.value].dataset.value;
    };
    input.addEventListener("input", turn);
    box.prepend(label);
    turn();
  });
})();
