/* SPDX-License-Identifier: MIT */
#include "log/log_queue.h"

#include <string.h>

#include "../unit.h"

#define LINES_MAX 5

static const char letters[] = "EWID";

/* Each line and each chunk begins with the letter of its level; a chunk ends in '|'. */
static const struct {
	const char *says;
	const char *lines[LINES_MAX];
	size_t most;
	size_t written; /* The most that one write takes. */
	const char *chunks;
} queues[] = {
	{"nothing", {NULL}, 10, 10, ""},
	{"one line", {"Eone\n"}, 10, 10, "Eone\n|"},
	{"whole lines that fit together", {"Eone\n", "Itwo\n", "D3\n"}, 8, 8, "Eone\ntwo\n|D3\n|"},
	{"lines that fit to the byte", {"Eone\n", "I3\n"}, 6, 6, "Eone\n3\n|"},
	{"no part of a line after another", {"Eone\n", "Ilonger\n"}, 8, 8, "Eone\n|Ilonger\n|"},
	{"a line that is too long, in parts", {"Wa long one\n", "Ib\n"}, 4, 4,
		"Wa lo|Wng o|Wne\n|Ib\n|"},
	{"the rest of a line, together with the next", {"Wa long one\n", "Ib\n"}, 7, 7,
		"Wa long |Wone\nb\n|"},
	{"each line on its own", {"Wa long one\n", "Ib\n", "Ec\n"}, 0, 99,
		"Wa long one\n|Ib\n|Ec\n|"},
	{"writes that accept less", {"Wone\n", "Itwo\n"}, 8, 3, "Wone|W\ntw|Io\n|"},
};

/* Takes everything out, in the table's notation. */
static void take_all(struct log_queue *queue, int row, char *taken)
{
	for (;;) {
		const struct log_chunk chunk = log_queue_next(queue, queues[row].most);
		if (chunk.length == 0)
			break;
		size_t written =
			chunk.length < queues[row].written ? chunk.length : queues[row].written;
		*taken++ = letters[chunk.level];
		memcpy(taken, chunk.bytes, written);
		taken += written;
		*taken++ = '|';
		log_queue_drop(queue, written);
	}
	*taken = '\0';
}

START_TEST(hands_out_whole_lines_with_their_level)
{
	struct log_queue *queue = log_queue_new();
	char taken[64];
	/* In the second round all room is free again. */
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < LINES_MAX && queues[_i].lines[i]; i++) {
			const char *line = queues[_i].lines[i];
			enum log_level level = (enum log_level)(strchr(letters, line[0]) - letters);
			ck_assert(log_queue_add(queue, level, line + 1, strlen(line + 1)));
		}
		take_all(queue, _i, taken);
		ck_assert_msg(
			strcmp(taken, queues[_i].chunks) == 0, "%s: %s", queues[_i].says, taken);
		log_queue_clear(queue);
	}
	log_queue_free(queue);
}
END_TEST

/* How many lines of that length fit. */
static size_t fill(struct log_queue *queue, size_t length)
{
	static const char line[LOG_QUEUE_MAX];
	size_t count = 0;
	while (log_queue_add(queue, LOG_LEVEL_INFO, line, length))
		count++;
	return count;
}

static const struct {
	const char *says;
	size_t length;
	size_t count;
} fillings[] = {
	{"lines of usual length", 128, LOG_QUEUE_MAX / 128},
	{"lines that leave a remainder", 100000, 2},
	{"one line that fills it", LOG_QUEUE_MAX, 1},
	{"the shortest lines", 1, LOG_QUEUE_MAX / 32},
};

START_TEST(holds_256_kib_of_lines_and_one_more)
{
	static const char last[LOG_QUEUE_LAST_MAX];
	struct log_queue *queue = log_queue_new();
	size_t count = fill(queue, fillings[_i].length);
	ck_assert_msg(count == fillings[_i].count, "%s: %zu", fillings[_i].says, count);
	ck_assert(log_queue_add_last(queue, LOG_LEVEL_WARNING, last, sizeof(last)));
	ck_assert_uint_eq(fill(queue, fillings[_i].length), 0);
	/* Bytes that have gone out leave no gap: the rest is contiguous. */
	log_queue_drop(queue, log_queue_next(queue, 0).length);
	ck_assert_uint_eq(fill(queue, fillings[_i].length), 0);
	log_queue_clear(queue);
	ck_assert_uint_eq(log_queue_next(queue, 0).length, 0);
	ck_assert_uint_eq(fill(queue, fillings[_i].length), fillings[_i].count);
	log_queue_free(queue);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("log_queue");
	tcase_add_loop_test(tcase, hands_out_whole_lines_with_their_level, 0, ROWS(queues));
	tcase_add_loop_test(tcase, holds_256_kib_of_lines_and_one_more, 0, ROWS(fillings));
	return unit_run("log/log_queue", tcase);
}
