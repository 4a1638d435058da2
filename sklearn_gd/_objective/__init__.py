"""J, its gradient and its Hessian, of any source of rows."""
