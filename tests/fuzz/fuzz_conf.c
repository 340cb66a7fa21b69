// SPDX-License-Identifier: GPL-2.0-only
/* A file of the configuration: what is applied is whole, or it is a problem */
#include "conf.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *copy = malloc(len ? len : 1);
	struct conf conf = { };

	if (!copy)
		abort();
	memcpy(copy, data, len);
	conf_parse(&conf, "file", copy, len);
	free(copy);
	for (size_t i = 0; i < conf.nr_sections; i++) {
		const struct conf_section *s = &conf.section[i];

		if (s->broken ? !conf.nr_problems :
		    !s->has_match || !selector_lasts(&s->match))
			abort();
	}
	conf_free(&conf);
	return 0;
}
