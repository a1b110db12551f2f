# SPDX-License-Identifier: Apache-2.0
# cv.glmnet on a folder of X.f64, y.f64, folds.f64 and lambda.f64; see lasso_compare.py.
# usage: Rscript lasso_compare.R FOLDER TERMS THRESH REPEAT TYPE
suppressMessages(library(glmnet))
arguments <- commandArgs(trailingOnly = TRUE)
folder <- arguments[1]
doubles <- function(name) {
  path <- file.path(folder, name)
  readBin(path, "double", n = file.size(path) / 8)
}
x <- matrix(doubles("X.f64"), ncol = as.integer(arguments[2]), byrow = TRUE)
y <- doubles("y.f64")
folds <- doubles("folds.f64")
lambda <- doubles("lambda.f64")
seconds <- c()
processor <- c()
for (i in seq_len(as.integer(arguments[4]))) {
  start <- Sys.time()
  used <- sum(proc.time()[1:2])
  fit <- suppressWarnings(cv.glmnet(x, y, foldid = folds, lambda = lambda,
                                    thresh = as.numeric(arguments[3]), maxit = 1e7,
                                    type.gaussian = arguments[5]))
  processor <- c(processor, sum(proc.time()[1:2]) - used)
  seconds <- c(seconds, as.numeric(Sys.time() - start, units = "secs"))
}
coefficients <- as.matrix(fit$glmnet.fit$beta)
writeBin(as.vector(coefficients), file.path(folder, "glmnet_beta.f64"))
writeBin(fit$cvm, file.path(folder, "glmnet_cvm.f64"))
cat("{\"seconds\": [", paste(seconds, collapse = ", "), "], \"processor_seconds\": [",
    paste(processor, collapse = ", "), "], \"penalties\": ", ncol(coefficients),
    ", \"lambda_min\": ", which.min(fit$cvm), "}\n", sep = "")
