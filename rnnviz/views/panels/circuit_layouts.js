// Where everything stands in the circuit of each cell. A wire: [part, value, points, over?]; a node: [part, kind, x, y, what, value];
// a label: [part, value, x, y, anchor]. A part is the letter of the equation that it belongs to; "" belongs to all.

const BOX = { wide: 56, high: 42 };
const OP = 13; // the radius of × and +

const LAYOUTS = {
  lstm: {
    width: 560, height: 408,
    bus: ["M8 338H385", "M66 384V338"],
    taps: [[112, 338], [203, 338], [294, 338], [385, 338], [66, 338]],
    wires: [
      ["c", "c_before", [[8, 72], [112, 72]]],
      ["c", "kept", [[112, 72], [294, 72]]],
      ["c", "c", [[294, 72], [552, 72]]],
      ["f", "a_f", [[112, 338], [112, 274]]],
      ["i", "a_i", [[203, 338], [203, 274]]],
      ["g", "a_g", [[294, 338], [294, 274]]],
      ["o", "a_o", [[385, 338], [385, 274]]],
      ["f", "f", [[112, 232], [112, 85]]],
      ["i", "i", [[203, 232], [203, 164], [281, 164]]],
      ["g", "g", [[294, 232], [294, 177]]],
      ["c", "written", [[294, 151], [294, 85]]],
      ["h", "c", [[474, 72], [474, 110]]],
      ["h", "squashed", [[474, 152], [474, 191]]],
      ["o", "o", [[385, 232], [385, 204], [461, 204]]],
      ["h", "h", [[474, 217], [474, 338], [552, 338]]],
    ],
    nodes: [
      ["c", "op", 112, 72, "×", "kept"], ["c", "op", 294, 72, "+", "c"], ["c", "op", 294, 164, "×", "written"], ["h", "op", 474, 204, "×", "h"],
      ["f", "sigmoid", 112, 253, "a_f", "f"], ["i", "sigmoid", 203, 253, "a_i", "i"], ["g", "tanh", 294, 253, "a_g", "g"],
      ["o", "sigmoid", 385, 253, "a_o", "o"], ["h", "tanh", 474, 131, "c", "squashed"],
    ],
    labels: [
      ["c", "c_before", 8, 58, "start"], ["c", "kept", 203, 58, "middle"], ["c", "c", 552, 58, "end"],
      ["f", "f", 119, 158, "start"], ["i", "i", 210, 208, "start"], ["g", "g", 301, 212, "start"], ["o", "o", 392, 224, "start"],
      ["c", "written", 301, 124, "start"], ["h", "squashed", 482, 176, "start"], ["h", "h", 552, 325, "end"],
      ["f", "a_f", 119, 310, "start"], ["i", "a_i", 210, 310, "start"], ["g", "a_g", 301, 310, "start"], ["o", "a_o", 392, 310, "start"],
      ["", "h_before", 8, 325, "start"],
    ],
    slash: [30, 338], x: [66, 384],
  },
  gru: {
    width: 560, height: 408,
    bus: ["M30 62V338H364", "M66 384V338"],
    taps: [[30, 62], [92, 338], [182, 338], [272, 338], [364, 338], [66, 338]],
    wires: [
      ["h", "h_before", [[8, 62], [364, 62]]],
      ["h", "kept", [[364, 62], [470, 62]]],
      ["h", "h", [[470, 62], [552, 62]]],
      ["r", "a_r", [[92, 338], [92, 282]]],
      ["n", "n_h", [[182, 240], [182, 203]]],
      ["n", "n_x", [[272, 240], [272, 203]]],
      ["z", "a_z", [[364, 338], [364, 282]]],
      ["r", "r", [[92, 240], [92, 190], [169, 190]]],
      ["n", "reset", [[182, 190], [259, 190]]],
      ["n", "a_n", [[272, 177], [272, 153]]],
      ["z", "z", [[364, 240], [364, 75]]],
      ["z", "z", [[364, 204], [404, 204]]],
      ["h", "rest", [[417, 204], [470, 204], [470, 145]]],
      ["n", "n", [[300, 132], [457, 132]], "over"],
      ["h", "written", [[470, 119], [470, 75]]],
    ],
    plain: ["M182 338V282", "M272 338V282"],
    nodes: [
      ["h", "op", 364, 62, "×", "kept"], ["h", "op", 470, 62, "+", "h"], ["h", "op", 470, 132, "×", "written"], ["h", "op", 417, 204, "1−", "rest"],
      ["n", "op", 182, 190, "×", "reset"], ["n", "op", 272, 190, "+", "a_n"], ["r", "sigmoid", 92, 261, "a_r", "r"], ["z", "sigmoid", 364, 261, "a_z", "z"],
      ["n", "sum", 182, 261, "W_{hn}h+b", "n_h"], ["n", "sum", 272, 261, "W_{in}x+b", "n_x"], ["n", "tanh", 272, 132, "a_n", "n"],
    ],
    labels: [
      ["h", "h_before", 8, 48, "start"], ["h", "kept", 417, 48, "middle"], ["h", "h", 552, 48, "end"],
      ["r", "r", 99, 226, "start"], ["n", "n_h", 189, 226, "start"], ["n", "n_x", 279, 226, "start"], ["n", "reset", 227, 178, "middle"],
      ["n", "a_n", 279, 172, "start"], ["n", "n", 374, 121, "start"], ["z", "z", 372, 160, "start"], ["h", "rest", 478, 180, "start"],
      ["h", "written", 478, 100, "start"], ["r", "a_r", 99, 314, "start"], ["z", "a_z", 371, 314, "start"],
    ],
    slash: [30, 300], x: [66, 384],
  },
  rnn: {
    width: 540, height: 270,
    bus: ["M8 88H112", "M258 246V202"],
    taps: [],
    wires: [
      ["a", "from_h", [[168, 88], [245, 88]]],
      ["a", "from_x", [[258, 160], [258, 101]]],
      ["a", "a", [[271, 88], [342, 88]]],
      ["h", "h", [[398, 88], [532, 88]]],
    ],
    nodes: [
      ["a", "sum", 140, 88, "W_{hh}h+b", "from_h"], ["a", "sum", 258, 181, "W_{ih}x+b", "from_x"], ["a", "op", 258, 88, "+", "a"],
      ["h", "tanh", 370, 88, "a", "h"],
    ],
    labels: [
      ["", "h_before", 8, 74, "start"], ["a", "from_h", 206, 74, "middle"], ["a", "from_x", 266, 134, "start"], ["a", "a", 306, 74, "middle"],
      ["h", "h", 532, 74, "end"],
    ],
    slash: [60, 88], x: [258, 246],
  },
};

// What each value is called on its wire, and in a sentence; on which scale it is coloured: a quantity's, or that of sums.
const named = (letter) => ({ formula: letter, scale: letter });
const summed = (letter, words) => ({ formula: letter.length > 1 ? `${letter[0]}_{${letter.slice(2)}}` : letter, scale: "sum", words });

const NAMES = {
  lstm: {
    i: named("i"), f: named("f"), g: named("g"), o: named("o"), c: named("c"), h: named("h"),
    a_i: summed("a_i", "the sum into i"), a_f: summed("a_f", "the sum into f"), a_g: summed("a_g", "the sum into g"), a_o: summed("a_o", "the sum into o"),
    h_before: { formula: "h", scale: "h", before: true }, c_before: { formula: "c", scale: "c", before: true },
    kept: { formula: "f · c", scale: "c", words: "what stays of the cell, f · c" },
    written: { formula: "i · g", scale: "c", words: "what is written to the cell, i · g" },
    squashed: { formula: "", scale: "h", words: "tanh(c)" },
  },
  gru: {
    r: named("r"), z: named("z"), n: named("n"), h: named("h"), a_r: summed("a_r", "the sum into r"), a_z: summed("a_z", "the sum into z"), a_n: summed("a_n", "the sum into n"), n_x: summed("n_x", "the input's half of the sum into n, W x + b"), n_h: summed("n_h", "the state's half of the sum into n before the reset gate, W h + b"),
    h_before: { formula: "h", scale: "h", before: true },
    reset: { formula: "", scale: "sum", words: "what the reset gate lets through, r · n_h" },
    rest: { formula: "1−z", scale: "z", words: "the share of the new value, 1 − z" },
    kept: { formula: "", scale: "h", words: "what stays of the state, z · h" },
    written: { formula: "", scale: "h", words: "what is new, (1 − z) · n" },
  },
  rnn: {
    h: named("h"), a: summed("a", "the sum into h"), h_before: { formula: "h", scale: "h", before: true },
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
