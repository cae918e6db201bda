// Package expr knows the ${{ }} templates of a plan: where they begin and end, what type they have,
// what they read and what they come to. It knows no plan, step or graph.
//
// Expressions are CEL. They have no clock, no randomness and no input or output, and their size,
// cost and results are bounded.
package expr
