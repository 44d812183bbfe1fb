"use strict";
(() => {
  const data = JSON.parse(document.getElementById("replay-data").textContent);
  const canvas = document.getElementById("replay-plan"), paper = canvas.getContext("2d");
  const slider = document.getElementById("replay-time"), button = document.getElementById("replay-play");
  const speed = document.getElementById("replay-speed"), clock = document.getElementById("replay-clock");
  const last = data.frames - 1;
  const numbers = text => {
    const bytes = Uint8Array.from(atob(text), c => c.charCodeAt(0)), view = new DataView(bytes.buffer);
    return Array.from({length: bytes.length / 2}, (_, i) => view.getInt16(2 * i, true));
  };
  const metres = text => numbers(text).map((v, i) => data.origin[i % 2] + v * data.unit);
  for (const arm of data.arms) arm.at = metres(arm.d);
  for (const door of data.doors) { door.which = numbers(door.d); door.shapes = door.outlines.map(o => o.map(metres)); }
  for (const thing of [...data.carts, ...data.parts]) { thing.at = metres(thing.d); thing.yaw = numbers(thing.turn); }

  for (const part of data.parts) part.shapes = numbers(part.o);

  const [x0, y0, x1, y1] = data.box, pad = 0.02 * Math.max(x1 - x0, y1 - y0) + 0.1;
  const wide = x1 - x0 + 2 * pad, high = y1 - y0 + 2 * pad;
  let scale = 1, still = null, frame = 0, playing = false, before = 0;
  const X = x => (x - x0 + pad) * scale, Y = y => (y1 + pad - y) * scale;

  function ring(to, points, closed = true) {
    to.beginPath();
    points.forEach(([x, y], i) => i ? to.lineTo(X(x), Y(y)) : to.moveTo(X(x), Y(y)));
    if (closed) to.closePath();
  }
  function paint(to, fill, edge, width) {
    if (fill) { to.fillStyle = fill; to.fill(); }
    if (edge) { to.strokeStyle = edge; to.lineWidth = width * dot; to.stroke(); }
  }
  let dot = 1;
  function fit() {
    const ratio = window.devicePixelRatio || 1, width = canvas.clientWidth || 600;
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(canvas.width * high / wide);
    scale = canvas.width / wide;
    dot = Math.max(canvas.width / 1000, 0.7 * ratio);
    still = document.createElement("canvas");
    still.width = canvas.width; still.height = canvas.height;
    const to = still.getContext("2d");
    to.fillStyle = "#f4f5f7"; to.fillRect(0, 0, still.width, still.height);
    to.lineJoin = "miter";
    for (const shape of data.plan) for (const points of shape.rings) {
      ring(to, points, points.length > 2); paint(to, shape.fill, shape.edge, shape.width);
    }
    draw();
  }
  const mix = (a, b, s) => a + (b - a) * s;
  function place(thing, k, s) {
    const n = thing.yaw.length - 1, i = Math.min(k, n), j = Math.min(k + 1, n);
    let by = thing.yaw[j] - thing.yaw[i];
    if (by > 31416) by -= 62832; else if (by < -31416) by += 62832;
    return [mix(thing.at[2 * i], thing.at[2 * j], s), mix(thing.at[2 * i + 1], thing.at[2 * j + 1], s),
            (thing.yaw[i] + by * s) * 1e-4];
  }
  function turned(outline, [x, y, yaw]) {
    const c = Math.cos(yaw), s = Math.sin(yaw);
    return outline.map(([a, b]) => [x + c * a - s * b, y + s * a + c * b]);
  }
  function draw() {
    const k = Math.min(Math.floor(frame), last), s = k < last ? frame - k : 0, t = frame / data.rate;
    paper.drawImage(still, 0, 0);
    paper.lineJoin = "round";
    for (const shape of data.plan) if (shape.name) label(shape, t);
    for (const door of data.doors) for (const points of door.shapes[door.which[k]]) {
      const pairs = [];
      for (let i = 0; i < points.length; i += 2) pairs.push([points[i], points[i + 1]]);
      ring(paper, pairs); paint(paper, door.shut[door.which[k]] ? "#33475f" : "#ffffff", "#33475f", 1);
    }
    for (const cart of data.carts) { ring(paper, turned(cart.outline, place(cart, k, s))); paint(paper, "#c8d2de", "#39424e", 1.4); }
    for (const part of data.parts) {
      if (k < part.f || k >= part.f + part.n) continue;
      ring(paper, turned(data.outlines[part.shapes[k - part.f]], place(part, k - part.f, s)));
      paint(paper, data.colours[part.p % data.colours.length], "#ffffff", 0.8);
    }
    for (const arm of data.arms) {
      const points = [], size = 2 * arm.n, i = k * size, j = Math.min(k + 1, last) * size;
      for (let n = 0; n < size; n += 2)
        points.push([mix(arm.at[i + n], arm.at[j + n], s), mix(arm.at[i + n + 1], arm.at[j + n + 1], s)]);
      paper.lineCap = "round";
      ring(paper, points, false); paint(paper, null, "#7d5410", 9);
      ring(paper, points, false); paint(paper, null, "#f2b13c", 6.5);
      paper.lineCap = "butt";
      for (const [x, y] of points) { paper.beginPath(); paper.arc(X(x), Y(y), 2.6 * dot, 0, 7); paint(paper, "#7d5410"); }
    }
    slider.value = k;
    const now = data.begin + t, minutes = Math.floor(now / 60);
    clock.textContent = `${minutes}:${(now - 60 * minutes).toFixed(1).padStart(4, "0")}`;
    slider.setAttribute("aria-valuetext", `${now.toFixed(1)} s`);
  }
  function label(shape, t) {
    const state = (data.states[shape.name] || []).find(([from, to]) => from <= t && t < to);
    const size = Math.max(Math.min(15 * dot, 1.7 * shape.wide * scale / shape.name.length), 9 * dot);
    paper.font = `${size}px "Segoe UI", Roboto, "Helvetica Neue", Arial, "Liberation Sans", sans-serif`;
    paper.textAlign = "center"; paper.textBaseline = "middle";
    const [x, y] = [X(shape.at[0]), Y(shape.at[1])];
    paper.lineJoin = "round"; paper.strokeStyle = "rgba(255,255,255,.85)"; paper.lineWidth = 3 * dot;
    paper.strokeText(shape.name, x, y);
    paper.fillStyle = "#1b2430"; paper.fillText(shape.name, x, y);
    if (state) {
      paper.beginPath(); paper.arc(x, y - 0.5 * size - 8 * dot, 4.5 * dot, 0, 7); paint(paper, state[2], "#ffffff", 1.2);
    }
  }
  function run(now) {
    if (!playing) return;
    frame += (now - before) / 1000 * data.rate * Number(speed.value);
    before = now;
    if (frame >= last) { frame = last; stop(); } else requestAnimationFrame(run);
    draw();
  }
  function stop() { playing = false; button.textContent = "Play"; }
  button.addEventListener("click", () => {
    if (playing) return stop();
    if (frame >= last) frame = 0;
    playing = true; button.textContent = "Pause"; before = performance.now();
    requestAnimationFrame(run);
  });
  slider.addEventListener("input", () => { frame = Number(slider.value); draw(); });
  slider.max = last;
  addEventListener("resize", fit);
  fit();
})();
