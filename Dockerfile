# The README's two commands in an image: docker build -t neuralpower . && docker run neuralpower devices
FROM debian:12
COPY . /neuralpower
WORKDIR /neuralpower
RUN tools/build.sh neuralpower
ENTRYPOINT ["build/release/neuralpower"]
CMD ["--help"]
