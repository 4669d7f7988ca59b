# The project's tables in R. Debian has neither arrow nor an S3 client for R: the image's Python reads, R receives.

# Run a line of Python and give its standard output as a file of R's.
.tre_python <- function(code, ...) {
  target <- tempfile(fileext = ".csv")
  status <- system2("/opt/tre/bin/python3", c("-c", shQuote(code), shQuote(c(..., target))))
  if (status != 0) stop("the table could not be read or written; see the message above", call. = FALSE)
  target
}

#' A table as a data frame: Parquet or CSV, from s3:// or a path.
tre_read <- function(address, columns = NULL) {
  file <- .tre_python(
    "import sys, tre_workspace as w; w.to_csv(sys.argv[1], sys.argv[-1], sys.argv[2:-1])",
    address, columns
  )
  on.exit(unlink(file))
  as.data.frame(data.table::fread(file, showProgress = FALSE))
}

#' Write a data frame as Parquet or CSV (by the name) to s3:// or a path.
tre_write <- function(data, address) {
  source <- tempfile(fileext = ".csv")
  on.exit(unlink(source))
  data.table::fwrite(data, source)
  .tre_python("import sys, tre_workspace as w; w.from_csv(sys.argv[1], sys.argv[2])", source, address)
  invisible(address)
}
