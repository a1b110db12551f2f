// SPDX-License-Identifier: Apache-2.0
// A report: its data stands in the page.
import {byId} from './dom.js';
import {Report, readDocument} from './report.js';
import {showPage, wireTheme} from './page.js';

wireTheme();
showPage(new Report(readDocument(byId('report-data').textContent)));
