# The project's tables in R. Debian has neither arrow nor an S3 client for R: the image's Python reads, R receives.

# Run a line of Python; it writes its messages to R's.
.tre_python <- function(code, ...) {
  status <- system2("/opt/tre/bin/python3", c("-c", shQuote(code), vapply(c(...), shQuote, "")))
  if (status != 0) stop("the table could not be read or written; see the message above", call. = FALSE)
}

# A table as a data frame: Parquet or CSV, from s3:// or a path; all or the named columns.
tre_read <- function(address, columns = NULL) {
  file <- tempfile(fileext = ".csv")
  on.exit(unlink(file))
  .tre_python("import sys, tre_workspace as w; w.to_csv(sys.argv[1], sys.argv[2], sys.argv[3:])", address, file, columns)
  as.data.frame(data.table::fread(file, showProgress = FALSE))
}

# Write a data frame as Parquet or CSV (by the name) to s3:// or a path.
tre_write <- function(data, address) {
  file <- tempfile(fileext = ".csv")
  on.exit(unlink(file))
  data.table::fwrite(data, file)
  .tre_python("import sys, tre_workspace as w; w.from_csv(sys.argv[1], sys.argv[2])", file, address)
  invisible(address)
}

.tre_area <- function(area, name) {
  file <- Sys.getenv("TRE_WORKSPACE_FILE", "/var/run/tre/workspace.json")
  if (!file.exists(file)) stop(file, " is not there: this is not a session of a project", call. = FALSE)
  paste0("s3://", jsonlite::fromJSON(file)$s3[[area]], "/", name)
}

# Addresses of the project's input data and of its working area.
tre_inputs <- function(name = "") .tre_area("inputs", name)
tre_work <- function(name = "") .tre_area("work", name)
