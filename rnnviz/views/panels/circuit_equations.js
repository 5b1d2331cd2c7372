// The equations of each cell in the order of computation: in letters, and with this step's numbers of the unit.

const gateLine = (letter, phi) => ({
  part: letter,
  letters: (t, b) => `${letter}_t = ${ROMAN[phi]}(W_{i${letter}} x_t${b(`b_{i${letter}}`)} + W_{h${letter}} h_{${t}}${b(`b_{h${letter}}`)})`,
  numbers: (v, data, step) => sumLine(data, letter, phi, step, v[`a_${letter}`], v[letter]),
});

const EQUATIONS = {
  lstm: [
    gateLine("i", "sigmoid"),
    gateLine("f", "sigmoid"),
    gateLine("g", "tanh"),
    {
      part: "c",
      letters: (t) => `c_t = f_t ⊙ c_{${t}} + i_t ⊙ g_t`,
      numbers: (v) => ["c", " = ", under(v.f, "f", true), " · ", under(v.c_before, "c before"), " + ", under(v.i, "i"), " · ", under(v.g, "g"), ` ${adds(v.c, [v.f, v.c_before], [v.i, v.g])} `, result(v.c)],
    },
    gateLine("o", "sigmoid"),
    {
      part: "h",
      letters: () => "h_t = o_t ⊙ tanh(c_t)",
      numbers: (v) => ["h", " = ", under(v.o, "o"), " · tanh(", under(v.c, "c", true), `) ${adds(v.h, [v.o, Math.tanh(rounded(v.c))])} `, result(v.h)],
    },
  ],
  gru: [
    gateLine("r", "sigmoid"),
    gateLine("z", "sigmoid"),
    {
      part: "n",
      letters: (t, b) => `n_t = tanh(W_{in} x_t${b("b_{in}")} + r_t ⊙ (W_{hn} h_{${t}}${b("b_{hn}")}))`,
      numbers: (v) => ["n", " = tanh(", under(v.n_x, "from x", true), " + ", under(v.r, "r"), " · ", under(v.n_h, "from h"), ") ", equals([v.n_x, rounded(v.r) * rounded(v.n_h)], v.a_n), ` tanh(${number(v.a_n)}) ${gives("tanh", v.a_n, v.n)} `, result(v.n)],
    },
    {
      part: "h",
      letters: (t) => `h_t = (1 − z_t) ⊙ n_t + z_t ⊙ h_{${t}}`,
      numbers: (v) => ["h", " = ", under(v.rest, "1 − z"), " · ", under(v.n, "n"), " + ", under(v.z, "z"), " · ", under(v.h_before, "h before"), ` ${adds(v.h, [v.rest, v.n], [v.z, v.h_before])} `, result(v.h)],
    },
  ],
  rnn: [
    {
      part: "a",
      letters: (t, b) => `a_t = W_{ih} x_t${b("b_{ih}")} + W_{hh} h_{${t}}${b("b_{hh}")}`,
      numbers: (v, data, step) => ["a", " = ", ...addition(data, "h", step), ` ${added(data, "h", step, v.a)} `, result(v.a)],
    },
    {
      part: "h",
      letters: (t, b, squash) => `h_t = ${squash}(a_t)`,
      numbers: (v, { squash }) => ["h", ` = ${squash}(`, under(v.a, "a", true), `) ${gives(squash, v.a, v.h)} `, result(v.h)],
    },
  ],
};

// The letter of the sum that a part belongs to: an RNN's a has no name of its own elsewhere.
const gateOf = (part) => (part === "a" ? "h" : part);

// The sign between products of numbers as they are told and what they add up to.
const adds = (total, ...pairs) => (rounded(pairs.reduce((sum, [a, b]) => sum + rounded(a) * rounded(b), 0)) === rounded(total) ? "=" : "≈");

const under = (value, from, first = false) => ({ value, from, first }); // the first in a bracket needs none of its own
const result = (value) => ({ value, strong: true });

function addendsOf(data, letter, step) {
  const [x, bi, h, bh] = addendsAt(data, letter, step);
  const addends = [under(x, "from x", true), under(h, "from h")];
  return data.biased ? [...addends, under(bi + bh, "biases")] : addends;
}

const addition = (data, letter, step) => addendsOf(data, letter, step).flatMap((each, k) => (k ? [" + ", each] : [each]));
const added = (data, letter, step, total) => equals(addendsOf(data, letter, step).map(({ value }) => value), total);

// f₁₂ = σ(−0.31 + 1.2 + 0.02) = σ(0.912) = 0.713
function sumLine(data, letter, phi, step, total, value) {
  const sign = ROMAN[phi];
  const inside = [...addition(data, letter, step), `) ${added(data, letter, step, total)} `];
  return [letter, ` = ${sign}(`, ...inside, `${sign}(${number(total)}) ${gives(phi, total, value)} `, result(value)];
}

// The lines of a cell, each a button that lights its part.
function buildEquations(data, choice) {
  const t = data.backwards ? "t+1" : "t−1";
  const bias = (letters) => (data.biased ? ` + ${letters}` : "");
  return EQUATIONS[data.cell].map(({ part, letters, numbers }) => {
    const figures = make("span", "rv-figures");
    const button = make("button", "rv-equation", null, make("span", "rv-letters-line", null, ...formula(letters(t, bias, data.squash))), figures);
    Object.assign(button, { type: "button", onclick: () => choice(part) });
    button.dataset.part = part;
    return { part, button, figures, numbers };
  });
}

function writeEquations(lines, data, step, values) {
  for (const { figures, numbers } of lines) {
    figures.replaceChildren(...numbers(values, data, step).map((piece, k) => {
      if (k === 0) return make("span", "", null, ...formula(`${piece}_{${data.unit}}`));
      if (typeof piece === "string") return make("span", "rv-sign", piece);
      if (piece.strong) return make("b", "", number(piece.value));
      return make("span", "rv-addend", null, make("span", "", piece.first ? number(piece.value) : bracketed(piece.value)), make("small", "", piece.from));
    }));
  }
}
