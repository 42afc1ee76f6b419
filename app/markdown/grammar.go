package markdown

// grammar is as much of a language as is needed to tell its words apart.
type grammar struct {
	line      string // what begins a comment that ends with its line
	block     bool   // comments between /* and */
	quotes    string
	raw       string // quotes within which a backslash means itself
	long      string // quotes whose text may go over lines
	triple    bool   // three quotes begin a text that three end
	keywords  string // each between two spaces
	constants string // the same
	shell     bool   // the first word of a command is a keyword, and $NAME a name
	keyed     byte   // a text or a word before this sign is a name
	calls     bool   // a word before a bracket is a name
}

// grammarOf knows the languages that the documentation is written in, and their neighbours; false
// for others.
func grammarOf(language string) (grammar, bool) {
	switch language {
	case "sh", "bash", "shell", "zsh", "console":
		return grammar{line: "#", quotes: `"'`, raw: "'", long: `"'`, shell: true,
			keywords: " if then else elif fi for in do done while case esac export function return local set unset "}, true
	case "json", "jsonc":
		return grammar{line: "//", quotes: `"`, keyed: ':', constants: " true false null "}, true
	case "toml":
		return grammar{line: "#", quotes: `"'`, raw: "'", triple: true, keyed: '=', constants: " true false "}, true
	case "yaml", "yml":
		return grammar{line: "#", quotes: `"'`, raw: "'", keyed: ':', constants: " true false null "}, true
	case "python", "py":
		return grammar{line: "#", quotes: `"'`, triple: true, calls: true, constants: " True False None ",
			keywords: " and as assert async await break class continue def del elif else except finally for from global if import in is lambda nonlocal not or pass raise return try while with yield match case "}, true
	case "js", "javascript", "ts", "typescript", "jsx", "tsx":
		return grammar{line: "//", block: true, quotes: "\"'`", long: "`", calls: true, constants: " true false null undefined NaN ",
			keywords: " as async await break case catch class const continue default delete do else enum export extends finally for from function if implements import in instanceof interface let new of return static super switch this throw try type typeof var void while yield "}, true
	case "go", "golang":
		return grammar{line: "//", block: true, quotes: "\"'`", raw: "`", long: "`", calls: true, constants: " true false nil iota ",
			keywords: " break case chan const continue default defer else fallthrough for func go goto if import interface map package range return select struct switch type var "}, true
	case "sql":
		return grammar{line: "--", block: true, quotes: `'"`, raw: `'"`, long: `'"`, calls: true, constants: " null true false NULL TRUE FALSE ",
			keywords: " SELECT FROM WHERE AND OR NOT IN IS AS ON JOIN LEFT RIGHT INNER OUTER GROUP ORDER BY HAVING LIMIT OFFSET INSERT INTO VALUES UPDATE SET DELETE CREATE TABLE INDEX DROP ALTER UNION ALL DISTINCT CASE WHEN THEN ELSE END WITH select from where and or not in is as on join left right inner outer group order by having limit offset insert into values update set delete create table index drop alter union all distinct case when then else end with "}, true
	}
	return grammar{}, false
}
