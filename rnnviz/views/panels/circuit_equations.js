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
      numbers: (v) => ["c", " = ", under(v.f, "f"), " · ", under(v.c_before, "c before"), " + ", under(v.i, "i"), " · ", under(v.g, "g"), ` ${adds(v.c, [v.f, v.c_before], [v.i, v.g])} `, result(v.c)],
    },
    gateLine("o", "sigmoid"),
    {
      part: "h",
      letters: () => "h_t = o_t ⊙ tanh(c_t)",
      numbers: (v) => ["h", " = ", under(v.o, "o"), " · tanh(", under(v.c, "c"), `) ${adds(v.h, [v.o, Math.tanh(rounded(v.c))])} `, result(v.h)],
    },
  ],
  gru: [
    gateLine("r", "sigmoid"),
    gateLine("z", "sigmoid"),
    {
      part: "n",
      letters: (t, b) => `n_t = tanh(W_{in} x_t${b("b_{in}")} + r_t ⊙ (W_{hn} h_{${t}}${b("b_{hn}")}))`,
      numbers: (v) => ["n", " = tanh(", under(v.n_x, "from x"), " + ", under(v.r, "r"), " · ", under(v.n_h, "from h"), ") ", equals([v.n_x, rounded(v.r) * rounded(v.n_h)], v.a_n), ` tanh(${number(v.a_n)}) ${gives("tanh", v.a_n, v.n)} `, result(v.n)],
    },
    {
      part: "h",
      letters: (t) => `h_t = (1 − z_t) ⊙ n_t + z_t ⊙ h_{${t}}`,
      numbers: (v) => ["h", " = ", under(v.rest, "1 − z"), " · ", under(v.n, "n"), " + ", under(v.z, "z"), " · ", under(v.h_before, "h before"), ` ${adds(v.h, [v.rest, v.n], [v.z, v.h_before])} `, result(v.h)],
    },
  ],
  rnn: [
    {
      part: "h",
      letters: (t, b, squash) => `h_t = ${squash}(W_{ih} x_t${b("b_{ih}")} + W_{hh} h_{${t}}${b("b_{hh}")})`,
      numbers: (v, data, step) => sumLine(data, "h", data.squash, step, v.a, v.h),
    },
  ],
};

// The sign between products of numbers as they are told and what they add up to.
const adds = (total, ...pairs) => (rounded(pairs.reduce((sum, [a, b]) => sum + rounded(a) * rounded(b), 0)) === rounded(total) ? "=" : "≈");

const under = (value, from) => ({ value, from });
const result = (value) => ({ value, strong: true });

// f₁₂ = σ(−0.31 + 1.2 + 0.02) = σ(0.912) = 0.713
function sumLine(data, letter, phi, step, total, value) {
  const [x, bi, h, bh] = addendsAt(data, letter, step);
  const addends = data.biased ? [under(x, "from x"), under(h, "from h"), under(bi + bh, "biases")] : [under(x, "from x"), under(h, "from h")];
  const told = addends.flatMap((each, k) => (k ? [" + ", each] : [each]));
  return [letter, ` = ${ROMAN[phi]}(`, ...told, `) ${equals(addends.map((each) => each.value), total)} ${ROMAN[phi]}(${number(total)}) ${gives(phi, total, value)} `, result(value)];
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
      return make("span", "rv-addend", null, make("span", "", bracketed(piece.value)), make("small", "", piece.from));
    }));
  }
}
