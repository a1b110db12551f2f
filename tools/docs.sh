#!/bin/sh
# Makes the reference of the C++ library, build/docs/html, from the public headers; a header that
# Doxygen warns about is an error. Comments there are plain //, which a filter turns into Doxygen's.
set -eu
cd "$(dirname "$0")/.."
command -v doxygen >/dev/null || { echo "docs.sh: needs Doxygen (Debian: doxygen)" >&2; exit 3; }
headers=$(sed -n '/^set(public_headers/,/)/p' cmake/NeuralPowerPackage.cmake |
  grep -oE '[a-z_/]+\.h' | sed 's|^|neuralpower/|')
mkdir -p build/docs
doxygen - <<END
PROJECT_NAME = NeuralPower
OUTPUT_DIRECTORY = build/docs
INPUT = $(echo $headers)
INPUT_FILTER = "sed -E -e '1s|.*|/// @file|' -e 's|^( *)// ?|\1/// |' -e 's|; +// |; ///< |'"
FILE_PATTERNS = *.h
FULL_PATH_NAMES = YES
STRIP_FROM_PATH = .
GENERATE_LATEX = NO
EXTRACT_ALL = YES
MARKDOWN_SUPPORT = NO
AUTOLINK_SUPPORT = NO
HAVE_DOT = NO
QUIET = YES
WARN_AS_ERROR = FAIL_ON_WARNINGS
END
echo "build/docs/html/index.html"
