/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * html_flight: of one stall, what the flight recorder kept around it. Private to report/html*.c.
 */
#ifndef LULL_REPORT_HTML_FLIGHT_H
#define LULL_REPORT_HTML_FLIGHT_H

struct html;
struct rec_stall;
struct recording;

/* Nothing without a flight recorder. */
void html_flight(struct html *h, const struct recording *rec, const struct rec_stall *stall);

#endif
