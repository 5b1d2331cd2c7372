// Where everything stands in the circuit of each cell. A wire: [part, value, points, over?]; a node: [part, kind, x, y, what];
// a label: [part, value, x, y, anchor]. A part is the letter of the equation that it belongs to; "" belongs to all.

const BOX = { wide: 56, high: 42 };
const OP = 13; // the radius of × and +

const LAYOUTS = {
  lstm: {
    width: 540, height: 408,
    bus: ["M8 338H376", "M66 384V338"],
    taps: [[120, 338], [205, 338], [290, 338], [376, 338], [66, 338]],
    wires: [
      ["c", "c_before", [[8, 72], [120, 72]]],
      ["c", "kept", [[120, 72], [290, 72]]],
      ["c", "c", [[290, 72], [532, 72]]],
      ["f", "a_f", [[120, 338], [120, 274]]],
      ["i", "a_i", [[205, 338], [205, 274]]],
      ["g", "a_g", [[290, 338], [290, 274]]],
      ["o", "a_o", [[376, 338], [376, 274]]],
      ["f", "f", [[120, 232], [120, 85]]],
      ["i", "i", [[205, 232], [205, 164], [277, 164]]],
      ["g", "g", [[290, 232], [290, 177]]],
      ["c", "written", [[290, 151], [290, 85]]],
      ["h", "c", [[448, 72], [448, 110]]],
      ["h", "squashed", [[448, 152], [448, 191]]],
      ["o", "o", [[376, 232], [376, 204], [435, 204]]],
      ["h", "h", [[448, 217], [448, 338], [532, 338]]],
    ],
    nodes: [
      ["c", "op", 120, 72, "×"], ["c", "op", 290, 72, "+"], ["c", "op", 290, 164, "×"], ["h", "op", 448, 204, "×"],
      ["f", "sigmoid", 120, 253, "a_f"], ["i", "sigmoid", 205, 253, "a_i"], ["g", "tanh", 290, 253, "a_g"], ["o", "sigmoid", 376, 253, "a_o"],
      ["h", "tanh", 448, 131, "c"],
    ],
    labels: [
      ["c", "c_before", 8, 58, "start"], ["c", "kept", 205, 58, "middle"], ["c", "c", 532, 58, "end"],
      ["f", "f", 127, 158, "start"], ["i", "i", 212, 208, "start"], ["g", "g", 297, 216, "start"], ["o", "o", 383, 224, "start"],
      ["c", "written", 297, 124, "start"], ["h", "squashed", 456, 176, "start"], ["h", "h", 532, 325, "end"],
      ["f", "a_f", 127, 308, "start"], ["i", "a_i", 212, 308, "start"], ["g", "a_g", 297, 308, "start"], ["o", "a_o", 383, 308, "start"],
      ["", "h_before", 8, 325, "start"],
    ],
    slash: [30, 338], x: [66, 384],
  },
  gru: {
    width: 540, height: 408,
    bus: ["M30 62V338H352", "M66 384V338"],
    taps: [[30, 62], [92, 338], [176, 338], [260, 338], [352, 338], [66, 338]],
    wires: [
      ["h", "h_before", [[8, 62], [352, 62]]],
      ["h", "kept", [[352, 62], [456, 62]]],
      ["h", "h", [[456, 62], [532, 62]]],
      ["r", "a_r", [[92, 338], [92, 282]]],
      ["n", "n_h", [[176, 240], [176, 203]]],
      ["n", "n_x", [[260, 240], [260, 203]]],
      ["z", "a_z", [[352, 338], [352, 282]]],
      ["r", "r", [[92, 240], [92, 190], [163, 190]]],
      ["n", "reset", [[176, 190], [247, 190]]],
      ["n", "a_n", [[260, 177], [260, 153]]],
      ["z", "z", [[352, 240], [352, 75]]],
      ["z", "z", [[352, 204], [391, 204]]],
      ["h", "rest", [[404, 204], [456, 204], [456, 145]]],
      ["n", "n", [[288, 132], [443, 132]], "over"],
      ["h", "written", [[456, 119], [456, 75]]],
    ],
    plain: ["M176 338V282", "M260 338V282"],
    nodes: [
      ["h", "op", 352, 62, "×"], ["h", "op", 456, 62, "+"], ["h", "op", 456, 132, "×"], ["h", "op", 404, 204, "1−"],
      ["n", "op", 176, 190, "×"], ["n", "op", 260, 190, "+"],
      ["r", "sigmoid", 92, 261, "a_r"], ["n", "sum", 176, 261, "W_{hn}h+b"], ["n", "sum", 260, 261, "W_{in}x+b"], ["z", "sigmoid", 352, 261, "a_z"],
      ["n", "tanh", 260, 132, "a_n"],
    ],
    labels: [
      ["h", "h_before", 8, 48, "start"], ["h", "kept", 404, 48, "middle"], ["h", "h", 532, 48, "end"],
      ["r", "r", 99, 178, "start"], ["n", "n_h", 183, 226, "start"], ["n", "n_x", 267, 226, "start"], ["n", "reset", 212, 178, "middle"],
      ["n", "a_n", 267, 172, "start"], ["n", "n", 296, 120, "start"], ["z", "z", 360, 160, "start"], ["h", "rest", 464, 180, "start"],
      ["h", "written", 464, 100, "start"], ["r", "a_r", 99, 314, "start"], ["z", "a_z", 359, 314, "start"],
    ],
    slash: [30, 300], x: [66, 384],
  },
  rnn: {
    width: 540, height: 270,
    bus: ["M8 88H112", "M258 246V202"],
    taps: [],
    wires: [
      ["h", "from_h", [[168, 88], [245, 88]]],
      ["h", "from_x", [[258, 160], [258, 101]]],
      ["h", "a", [[271, 88], [342, 88]]],
      ["h", "h", [[398, 88], [532, 88]]],
    ],
    nodes: [["h", "sum", 140, 88, "W_{hh}h+b"], ["h", "sum", 258, 181, "W_{ih}x+b"], ["h", "op", 258, 88, "+"], ["h", "tanh", 370, 88, "a"]],
    labels: [
      ["", "h_before", 8, 74, "start"], ["h", "from_h", 206, 74, "middle"], ["h", "from_x", 266, 134, "start"], ["h", "a", 306, 74, "middle"],
      ["h", "h", 532, 74, "end"],
    ],
    slash: [60, 88], x: [258, 246],
  },
};

// What each value is called on its wire, and in a sentence; on which scale it is coloured: a quantity's, or that of sums.
const named = (letter) => ({ formula: letter, scale: letter });
const summed = (letter) => ({ formula: letter.length > 1 ? `${letter[0]}_{${letter.slice(2)}}` : letter, scale: "sum" });

const NAMES = {
  lstm: {
    i: named("i"), f: named("f"), g: named("g"), o: named("o"), c: named("c"), h: named("h"),
    a_i: summed("a_i"), a_f: summed("a_f"), a_g: summed("a_g"), a_o: summed("a_o"),
    h_before: { formula: "h", scale: "h", before: true }, c_before: { formula: "c", scale: "c", before: true },
    kept: { formula: "f · c", scale: "c", words: "what stays of the cell, f · c" },
    written: { formula: "i · g", scale: "c", words: "what is written to the cell, i · g" },
    squashed: { formula: "", scale: "h", words: "tanh(c)" },
  },
  gru: {
    r: named("r"), z: named("z"), n: named("n"), h: named("h"), a_r: summed("a_r"), a_z: summed("a_z"), a_n: summed("a_n"), n_x: summed("n_x"), n_h: summed("n_h"),
    h_before: { formula: "h", scale: "h", before: true },
    reset: { formula: "r ·", scale: "sum", words: "what the reset gate lets through, r · n_h" },
    rest: { formula: "1−z", scale: "z", words: "the share of the new value, 1 − z" },
    kept: { formula: "", scale: "h", words: "what stays of the state, z · h" },
    written: { formula: "", scale: "h", words: "what is new, (1 − z) · n" },
  },
  rnn: {
    h: named("h"), a: summed("a"), h_before: { formula: "h", scale: "h", before: true },
    from_h: { formula: "", scale: "sum", words: "what comes from the state, W h + b" },
    from_x: { formula: "", scale: "sum", words: "what comes from the input, W x + b" },
  },
};

const REACH = 6; // of the scale of sums: beyond it σ and tanh are all but flat

// The numbers of the unit at a step: those of the trace, and what lies between them.
function valuesAt(data, step) {
  const v = Object.fromEntries(Object.entries(data.values).map(([name, values]) => [name, unpack(values)[step]]));
  if (data.cell === "lstm") return { ...v, kept: v.f * v.c_before, written: v.i * v.g, squashed: Math.tanh(v.c) };
  if (data.cell === "gru") return { ...v, reset: v.r * v.n_h, rest: 1 - v.z, kept: v.z * v.h_before, written: (1 - v.z) * v.n };
  const [x, bx, h, bh] = addendsAt(data, "h", step);
  return { ...v, from_x: x + bx, from_h: h + bh };
}

// Of a sum: from the input, its bias, from the state, its bias.
const addendsAt = (data, letter, step) => [...unpack(data.addends[letter]).subarray(4 * step, 4 * step + 4)];

function scaleOf(data, name) {
  const { scale } = NAMES[data.cell][name];
  return scale === "sum" ? { scale: "diverging", low: -REACH, high: REACH, bent: false } : data.bands[scale];
}
