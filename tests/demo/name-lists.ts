/** Words the demo's people and companies are made of: many scripts, accents, apostrophes, blanks. */
export const FIRST_NAMES = [
  ..."Ana Zoë Łukasz Søren Chloé Jürgen Nguyễn İbrahim Siân Žofia Þóra Ñusta Élodie Mateus Åsa Björn Käthe Răzvan".split(
    " ",
  ),
  ..."Olivia Noah Emma Liam Sofia Lucas Mia Elias Hannah Felix Ingrid Pedro Giulia Marco Aoife Cian Freya Oskar".split(
    " ",
  ),
  ..."美咲 大翔 伟 秀英 지우 민준 Дмитрий Ольга Γιώργος Ελένη محمد فاطمة דוד नेहा আরিফ สมชาย".split(" "),
  "Anne-Marie",
  "Jean Luc",
  "D'Arcy",
  "María José",
] as const;

export const LAST_NAMES = [
  ..."Müller O'Brien Nuñez Kowalski Łuczak Ødegård Þorsteinsson Dvořák Kovács Šimić Yılmaz Phạm Gonçalves".split(" "),
  ..."Smith Jones Rossi Dubois Novák Jensen Virtanen Popescu Silva Khan Cohen Okafor Mensah Haddad Lindqvist".split(
    " ",
  ),
  ..."佐藤 鈴木 王 李 김 박 Иванов Петрова Παπαδόπουλος العلي כהן शर्मा রহমান ศรีสุข".split(" "),
  "van der Berg",
  "de la Cruz",
  "Ní Dhomhnaill",
  "St. John",
  "Smith-Jones",
  "MacLeod",
] as const;

/** City, country, calling code. */
export const PLACES = [
  ["Berlin", "Germany", "49"],
  ["Köln", "Germany", "49"],
  ["São Paulo", "Brazil", "55"],
  ["Kraków", "Poland", "48"],
  ["Zürich", "Switzerland", "41"],
  ["Malmö", "Sweden", "46"],
  ["İzmir", "Türkiye", "90"],
  ["Đà Nẵng", "Vietnam", "84"],
  ["東京", "Japan", "81"],
  ["서울", "South Korea", "82"],
  ["Αθήνα", "Greece", "30"],
  ["L'Aquila", "Italy", "39"],
  ["Saint-Étienne", "France", "33"],
  ["Dún Laoghaire", "Ireland", "353"],
  ["Winston-Salem, NC", "United States", "1"],
  ["القاهرة", "Egypt", "20"],
  ["Córdoba", "Argentina", "54"],
  ["Reykjavík", "Iceland", "354"],
] as const;

export const COMPANY_WORDS = [
  ..."Larch Nordkai Aoba Cedar Atelier Quarry Fjord Sable Ember Tindal Óriás Ružin Bläckfisk Hôtelier Kestrel".split(
    " ",
  ),
  ..."Marlow Pampa Sirocco Tarn Umbra Vesper Willow Yarrow Zephyr Basalt Copper Delta Juniper Halcyon Indigo".split(
    " ",
  ),
] as const;

export const COMPANY_ENDINGS = [
  "& Vale",
  "GmbH",
  "S.A.",
  "Ltd",
  "株式会社",
  "Foods",
  "Logistik",
  "Systems",
  "AB",
  "Kft.",
] as const;
