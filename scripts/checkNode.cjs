// Refuses a Node that is too old, in words, before anything is parsed that such a Node cannot read: every script of
// package.json runs this file first. So it is plain old JavaScript (ES5, CommonJS) and needs nothing but package.json.
var fs = require('fs');
var path = require('path');

var root = path.dirname(__dirname);

/** The least version in `engines`, such as '20.19.0'. */
function leastVersion() {
  var engines = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8')).engines;
  return engines.node.replace(/^>=/, '');
}

/**
 * @param {string} version as 'v20.19.0'
 * @param {string} least
 * @returns {string | undefined} a sentence for the user, or undefined when `version` will do.
 */
function refusal(version, least) {
  var has = version
    .replace(/^v/, '')
    .split('.')
    .map(function (part) {
      return parseInt(part, 10);
    });
  var needs = least.split('.').map(Number);
  for (var part = 0; part < needs.length; part += 1) {
    var own = has[part] || 0;
    var needed = needs[part] || 0;
    if (own > needed) return undefined;
    if (own < needed)
      return (
        'This project needs Node ' +
        least +
        ' or later, and this is Node ' +
        version.replace(/^v/, '') +
        ' (' +
        process.execPath +
        '). Nothing was started: install a newer Node, or put one first on the PATH.'
      );
  }
  return undefined;
}

module.exports = { leastVersion: leastVersion, refusal: refusal };

var refused = refusal(process.version, leastVersion());
if (refused !== undefined) {
  fs.writeSync(2, refused + '\n');
  process.exit(1);
}
