"""The rules of the papers' claims, one module a document, and the inequalities and published tables behind them."""
