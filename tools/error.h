/* SPDX-License-Identifier: GPL-2.0-only */
/* Why something could not be done, in the words of whoever asked for it */
#ifndef TOOLS_ERROR_H
#define TOOLS_ERROR_H

/*
 * @what: what could not be done; empty as long as nothing has failed
 * @why: the reason, with its numbers
 * @limit: the object that limits: a device, a window, a file
 * @fix: what would work, if anything is known to
 */
struct error {
	char what[256];
	char why[512];
	char limit[160];
	char fix[384];
};

/* Each sets one part and returns -1, so that a function can end with it */
__attribute__((format(printf, 2, 3)))
int error_what(struct error *err, const char *fmt, ...);
__attribute__((format(printf, 2, 3)))
int error_why(struct error *err, const char *fmt, ...);
__attribute__((format(printf, 2, 3)))
int error_limit(struct error *err, const char *fmt, ...);
__attribute__((format(printf, 2, 3)))
int error_fix(struct error *err, const char *fmt, ...);

#endif /* TOOLS_ERROR_H */
