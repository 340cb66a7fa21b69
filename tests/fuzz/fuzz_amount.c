// SPDX-License-Identifier: GPL-2.0-only
/* SIZE: what is taken means the same when it is written the command's way */
#include <stdlib.h>
#include <string.h>

#include "amount.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *text = fuzz_text(data, len), again[AMOUNT_TEXT];
	struct amount amount, same;
	uint64_t bytes;

	if (!amount_parse(text, &amount) &&
	    !amount_resolve(&amount, 1ULL << 40, 1ULL << 28, &bytes)) {
		amount_format(bytes, again);
		if (amount_parse(again, &same) || same.value != bytes)
			abort();
		if (amount.kind != AMOUNT_BYTES && bytes > 1ULL << 40)
			abort();
	}
	free(text);
	return 0;
}
