// The metric mutual loss of two distance matrices, its gradient, and steps along it.

// Whom each square moves, by number of student: the square below a student is its own,
// in which ZG holds the other one constant. `both` is false for student 1's square alone.
const moved = ({ both, stop }) =>
  (both ? [0, 1] : [0]).map((own) => (stop ? [own] : [own, 1 - own]));

// The mean over all cells of a function of the two matrices' numbers.
const meanOf = ([one, two], f) =>
  one.reduce((sum, row, i) => sum + row.reduce((part, v, j) => part + f(v, two[i][j]), 0), 0) /
  one.length ** 2;

const lossOf = (matrices, mode) =>
  moved(mode).length * meanOf(matrices, (a, b) => (a - b) ** 2);

// The gradient of a student's matrix: 2 (M - M') / N^2 for each square that moves it.
function gradient(matrices, student, mode) {
  const times = moved(mode).flat().filter((who) => who === student).length;
  const [its, other] = [matrices[student], matrices[1 - student]];
  const weight = (2 * times) / its.length ** 2;
  return its.map((row, i) => row.map((v, j) => weight * (v - other[i][j])));
}

// Both students after each of `steps` steps of gradient descent, the start first.
function descent(matrices, mode, rate, steps) {
  const runs = [matrices];
  for (let k = 0; k < steps; k += 1) {
    const now = runs[k];
    runs.push(now.map((its, student) => {
      const pull = gradient(now, student, mode);
      return its.map((row, i) => row.map((v, j) => v - rate * pull[i][j]));
    }));
  }
  return runs;
}
