# The two commands of the README, and what they are made of. Needs nothing but make and a Debian 12.
.PHONY: demo test build dependencies clean

BUILD := build/release

demo: build
	tools/demo.sh

test: build
	ctest --test-dir $(BUILD) --output-on-failure -j 2

build: dependencies
	cmake --preset release
	cmake --build --preset release

dependencies:
	tools/install-dependencies.sh

clean:
	rm -rf build
