/* SPDX-License-Identifier: MIT */
#include "net/srv_answer.h"

#include <ares.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEADER_SIZE 12
#define QUESTION_SIZE 4 /* Behind its name: type and class. */
#define RECORD_SIZE 10	/* Behind its name: type, class, time to live, length of the data. */
#define SRV_SIZE 6	/* Before its host: priority, weight, port. */
#define TYPE_SRV 33
#define CLASS_IN 1
/* RFC 2181 section 8: one with the highest bit set is 0. */
#define TTL_MAX INT32_MAX
/* An answer is believed for a day at most, as RFC 8767 section 4 suggests some limit. */
#define VALID_MAX_S 86400

/* Where reading is. */
struct cursor {
	const unsigned char *message;
	int length;
	int at;
};

static unsigned read_16(const unsigned char *at)
{
	return (unsigned)at[0] << 8 | at[1];
}

static uint32_t read_32(const unsigned char *at)
{
	return (uint32_t)read_16(at) << 16 | read_16(at + 2);
}

/* Reads a name, and goes behind it. name: NULL where it does not matter. Returns 0, -EBADMSG or -ENOMEM. */
static int read_name(struct cursor *cursor, char name[DNS_NAME_MAX])
{
	char *text = NULL;
	long encoded = 0;
	if (cursor->at >= cursor->length)
		return -EBADMSG;
	int status = ares_expand_name(
		cursor->message + cursor->at, cursor->message, cursor->length, &text, &encoded);
	if (status != ARES_SUCCESS)
		return status == ARES_ENOMEM ? -ENOMEM : -EBADMSG;
	cursor->at += (int)encoded;
	int written = name ? snprintf(name, DNS_NAME_MAX, "%s", text) : 0;
	ares_free_string(text);
	return written < DNS_NAME_MAX ? 0 : -EBADMSG;
}

static bool has_bytes(const struct cursor *cursor, int count)
{
	return cursor->length - cursor->at >= count;
}

static int add(struct srv_list *list, const struct srv_record *record)
{
	struct srv_record *more =
		realloc(list->records, (list->count + 1) * sizeof(*list->records));
	if (!more)
		return -ENOMEM;
	list->records = more;
	list->records[list->count++] = *record;
	return 0;
}

/* data: where the record's data begins. */
static int read_service(struct cursor data, struct srv_list *list)
{
	struct srv_record record = {.port = (uint16_t)read_16(data.message + data.at + 4)};
	data.at += SRV_SIZE;
	int error = read_name(&data, record.host);
	if (error || record.host[0] == '\0' || record.port == 0)
		return error;
	return add(list, &record);
}

static int read_record(struct cursor *cursor, struct srv_list *list)
{
	int error = read_name(cursor, NULL);
	if (error)
		return error;
	if (!has_bytes(cursor, RECORD_SIZE))
		return -EBADMSG;
	const unsigned char *head = cursor->message + cursor->at;
	int data_length = (int)read_16(head + 8);
	int64_t valid_s = read_32(head + 4);
	cursor->at += RECORD_SIZE;
	if (!has_bytes(cursor, data_length))
		return -EBADMSG;
	if (valid_s > TTL_MAX)
		valid_s = 0;
	if (valid_s > VALID_MAX_S)
		valid_s = VALID_MAX_S;
	if (valid_s < list->valid_s)
		list->valid_s = valid_s;
	if (read_16(head) == TYPE_SRV && read_16(head + 2) == CLASS_IN) {
		/* A host takes a byte at least. */
		if (data_length <= SRV_SIZE)
			return -EBADMSG;
		error = read_service(*cursor, list);
	}
	cursor->at += data_length;
	return error;
}

int srv_answer_read(const unsigned char *message, int length, struct srv_list *list)
{
	struct cursor cursor = {message, length, HEADER_SIZE};
	struct srv_list read = {.valid_s = VALID_MAX_S};
	if (length < HEADER_SIZE)
		return -EBADMSG;
	unsigned questions = read_16(message + 4);
	unsigned answers = read_16(message + 6);
	int error = 0;
	for (unsigned i = 0; i < questions && !error; i++) {
		error = read_name(&cursor, NULL);
		if (!error && !has_bytes(&cursor, QUESTION_SIZE))
			error = -EBADMSG;
		cursor.at += QUESTION_SIZE;
	}
	for (unsigned i = 0; i < answers && !error; i++)
		error = read_record(&cursor, &read);
	if (error)
		srv_list_clear(&read);
	else
		*list = read;
	return error;
}

void srv_list_clear(struct srv_list *list)
{
	free(list->records);
	*list = (struct srv_list){0};
}
