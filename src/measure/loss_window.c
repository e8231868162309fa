/* SPDX-License-Identifier: MIT */
#include "measure/loss_window.h"

#include <errno.h>
#include <stdlib.h>

int loss_window_init(struct loss_window *window, uint32_t size)
{
	uint64_t *bits = calloc((size + 63U) / 64U, sizeof(*bits));
	if (!bits)
		return -ENOMEM;
	*window = (struct loss_window){.bits = bits, .size = size};
	return 0;
}

void loss_window_clear(struct loss_window *window)
{
	free(window->bits);
	*window = (struct loss_window){0};
}

void loss_window_record(struct loss_window *window, bool lost)
{
	uint64_t *word = &window->bits[window->next / 64U];
	uint64_t bit = UINT64_C(1) << (window->next % 64U);
	if (window->settled < window->size)
		window->settled++;
	else if (*word & bit)
		window->lost--;
	if (lost) {
		*word |= bit;
		window->lost++;
	} else {
		*word &= ~bit;
	}
	if (++window->next == window->size)
		window->next = 0;
}
