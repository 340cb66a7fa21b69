// SPDX-License-Identifier: GPL-2.0-only
/* DEV: an address that is taken is taken again in full, and stays the same */
#include "fuzz.h"
#include "selector.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *text = fuzz_text(data, len);
	struct selector sel, same;

	if (!selector_parse(text, &sel) &&
	    (selector_parse(sel.text, &same) || sel.kind != same.kind ||
	     strcmp(sel.text, same.text)))
		abort();
	free(text);
	return 0;
}
