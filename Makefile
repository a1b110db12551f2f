# The two commands of the README, and what they are made of. Needs nothing but make and a Debian 12.
.PHONY: demo test build program dependencies clean

BUILD := build/release

demo: program
	tools/demo.sh

test: build
	ctest --test-dir $(BUILD) --output-on-failure -j 2

build: dependencies
	cmake --preset release
	cmake --build --preset release

# The program alone: half the time of building the tests too.
program: dependencies
	cmake --preset release
	cmake --build --preset release --target neuralpower

dependencies:
	tools/install-dependencies.sh

clean:
	rm -rf build
