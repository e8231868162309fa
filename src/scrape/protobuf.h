/* SPDX-License-Identifier: MIT */
/*
 * Protocol Buffers, as far as an exposition needs them: https://protobuf.dev/programming-guides/encoding/
 * Each function writes at end and returns the new end; the caller has made room.
 */
#ifndef SCRAPE_PROTOBUF_H
#define SCRAPE_PROTOBUF_H

#include <stddef.h>
#include <stdint.h>

/* No varint takes more bytes. */
#define PROTOBUF_VARINT_MAX ((size_t)10)
/* A field's tag, for numbers up to 15. */
#define PROTOBUF_TAG_SIZE ((size_t)1)
/* A double with its tag. */
#define PROTOBUF_DOUBLE_SIZE (PROTOBUF_TAG_SIZE + 8)

/* How many bytes the number takes as a varint. */
size_t protobuf_varint_size(uint64_t number);

char *protobuf_put_varint(char *end, uint64_t number);

/* Small numbers of either sign become small ones: -1 is 1, 1 is 2. */
uint64_t protobuf_zigzag(int64_t number);

/* field: 1 to 15, here and below. */
char *protobuf_put_number(char *end, unsigned field, uint64_t number);

char *protobuf_put_double(char *end, unsigned field, double value);

/* What a field of that many bytes begins with: a text, or a message. */
char *protobuf_put_head(char *end, unsigned field, size_t length);

char *protobuf_put_text(char *end, unsigned field, const char *text);

#endif
