# Short names for the scripts in tools/, which need nothing but a Debian 12.
.PHONY: demo test build program dependencies clean

demo:
	tools/demo.sh

test:
	tools/test.sh

build:
	tools/build.sh

program:
	tools/build.sh neuralpower

dependencies:
	tools/install-dependencies.sh

clean:
	rm -rf build
