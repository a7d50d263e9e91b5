"""Words that made-up data is made of.

Rules: plain data, short lists: what matters under load is that values differ and look right.
"""

from __future__ import annotations

from typing import Final

__all__ = ["WORDS"]

WORDS: Final[dict[str, list[str]]] = {
    name: text.split("|")
    for name, text in {
        "first": (
            "Ada|Alan|Alice|Amir|Anna|Ben|Carla|Chen|Clara|David|Dina|Elena|Emil|Eva|Felix|Fiona|Grace|Hana|"
            "Hugo|Ida|Ines|Ivan|Jack|Jana|Jonas|Julia|Karim|Kate|Lara|Leo|Lena|Liam|Lucia|Maria|Mark|Maya|"
            "Milan|Mina|Nadia|Nils|Nina|Noah|Nora|Olga|Oscar|Paula|Pavel|Rosa|Ruben|Sara|Simon|Sofia|Tara|"
            "Theo|Tom|Uma|Vera|Victor|Wanda|Yara|Yusuf|Zoe"
        ),
        "last": (
            "Adams|Ahmed|Bauer|Becker|Bell|Berg|Brown|Carter|Chen|Clark|Costa|Cruz|Diaz|Dubois|Evans|"
            "Fischer|Flores|Fox|Garcia|Gray|Green|Haas|Hall|Hansen|Hill|Hoffman|Hughes|Ito|Jansen|Jones|"
            "Kelly|Khan|Kim|King|Klein|Koch|Kowalski|Lang|Lee|Lopez|Martin|Meyer|Miller|Moore|Moreau|Morris|"
            "Muller|Nguyen|Novak|Olsen|Park|Perez|Reed|Rossi|Santos|Sato|Schmidt|Silva|Singh|Smith|Stone|"
            "Tanaka|Taylor|Torres|Turner|Wagner|Walker|Weber|White|Wilson|Wood|Wright|Young|Zhang"
        ),
        "street": (
            "Oak|Maple|Cedar|Pine|Elm|Lake|Hill|Park|River|Church|Mill|Station|Garden|Forest|Meadow|Spring|"
            "Bridge|High|Chestnut|Walnut|Willow|Sunset|Valley|Harbor|Castle|Market|School|Rose|Linden|Birch"
        ),
        "street_end": "Street|Road|Avenue|Lane|Drive|Court|Way|Place|Square|Terrace",
        "city": (
            "Ashford|Bergen|Brookfield|Cardiff|Clayton|Dover|Eastport|Fairview|Franklin|Georgetown|"
            "Greenville|Hamilton|Hudson|Kingston|Lakewood|Lexington|Madison|Milton|Newport|Norfolk|Oakland|"
            "Oxford|Plymouth|Richmond|Riverside|Salem|Springfield|Stratford|Union|Victoria|Westwood|"
            "Winchester|Windsor|Woodstock|York"
        ),
        "state": (
            "Alabama|Alaska|Arizona|California|Colorado|Delaware|Florida|Georgia|Idaho|Illinois|Iowa|Kansas|"
            "Maine|Michigan|Montana|Nevada|Ohio|Oregon|Texas|Utah|Vermont|Virginia|Washington|Wyoming"
        ),
        "state_code": "AL|AK|AZ|CA|CO|DE|FL|GA|ID|IL|IA|KS|ME|MI|MT|NV|OH|OR|TX|UT|VT|VA|WA|WY",
        "country": (
            "Argentina|Australia|Austria|Belgium|Brazil|Canada|Chile|Denmark|Egypt|Finland|France|Germany|"
            "Greece|India|Ireland|Italy|Japan|Kenya|Mexico|Morocco|Netherlands|New Zealand|Norway|Peru|"
            "Poland|Portugal|Spain|Sweden|Switzerland|Turkey|United Kingdom|United States of America"
        ),
        "country_code": (
            "AR|AU|AT|BE|BR|CA|CL|DK|EG|FI|FR|DE|GR|IN|IE|IT|JP|KE|MX|MA|NL|NZ|NO|PE|PL|PT|ES|SE|CH|TR|GB|US"
        ),
        "lorem": (
            "lorem|ipsum|dolor|sit|amet|consectetur|adipiscing|elit|sed|do|eiusmod|tempor|incididunt|ut|"
            "labore|et|dolore|magna|aliqua|enim|ad|minim|veniam|quis|nostrud|exercitation|ullamco|laboris|"
            "nisi|aliquip|ex|ea|commodo|consequat|duis|aute|irure|in|reprehenderit|voluptate|velit|esse|"
            "cillum|eu|fugiat|nulla|pariatur|excepteur|sint|occaecat|cupidatat|non|proident|sunt|culpa|qui|"
            "officia|deserunt|mollit|anim|id|est|laborum"
        ),
        "adjective": (
            "bright|calm|clever|cold|cool|dark|deep|early|fast|fine|fresh|gentle|great|happy|heavy|kind|"
            "large|late|light|lively|long|loud|lucky|modern|new|old|quick|quiet|rapid|rare|rich|round|sharp|"
            "short|silent|simple|small|smart|smooth|soft|solid|strong|sweet|tall|warm|wide|wild|wise|young"
        ),
        "noun": (
            "apple|bank|bird|boat|book|bridge|cloud|coat|corner|desk|door|dream|engine|field|fire|flower|"
            "forest|garden|gate|glass|harbor|hill|horse|house|island|jacket|key|lake|lamp|letter|machine|"
            "market|mirror|moon|mountain|music|night|ocean|orange|page|paper|pencil|planet|river|road|room|"
            "school|ship|shoe|song|spoon|star|stone|storm|street|table|tiger|tower|train|tree|valley|"
            "village|wall|water|window|winter"
        ),
        "verb": (
            "add|ask|bring|build|call|carry|change|check|close|copy|count|draw|drive|drop|find|fix|follow|"
            "give|grow|hold|join|keep|learn|leave|lift|listen|load|look|make|meet|move|open|pass|pay|play|"
            "press|pull|push|read|reach|run|save|see|sell|send|set|share|show|sort|start|stop|take|test|"
            "think|turn|use|wait|walk|watch|work|write"
        ),
        "product_adjective": (
            "Awesome|Elegant|Ergonomic|Fantastic|Generic|Gorgeous|Handcrafted|Handmade|Incredible|"
            "Intelligent|Licensed|Luxurious|Modern|Practical|Recycled|Refined|Rustic|Sleek|Small|Tasty|"
            "Unbranded"
        ),
        "material": (
            "Bamboo|Bronze|Ceramic|Concrete|Cotton|Frozen|Fresh|Gold|Granite|Metal|Plastic|Rubber|Silk|Soft|"
            "Steel|Wooden"
        ),
        "product": (
            "Bacon|Ball|Bike|Car|Chair|Cheese|Chicken|Chips|Computer|Fish|Gloves|Hat|Keyboard|Mouse|Pants|"
            "Pizza|Salad|Sausages|Shirt|Shoes|Soap|Table|Towels|Tuna"
        ),
        "department": (
            "Automotive|Baby|Beauty|Books|Clothing|Computers|Electronics|Games|Garden|Grocery|Health|Home|"
            "Industrial|Jewelry|Kids|Movies|Music|Outdoors|Shoes|Sports|Tools|Toys"
        ),
        "company_end": "Inc|LLC|Group|and Sons|Ltd|Partners|Holdings",
        "buzz": (
            "adaptive|balanced|central|compatible|digital|dynamic|efficient|enhanced|flexible|focused|"
            "global|integrated|intuitive|mobile|modular|open|optimized|reactive|robust|scalable|secure|"
            "seamless|stable|virtual"
        ),
        "buzz_noun": (
            "access|analysis|approach|array|capacity|challenge|circuit|concept|core|database|framework|hub|"
            "interface|matrix|model|network|platform|policy|portal|process|product|protocol|service|"
            "solution|strategy|structure|system|tool"
        ),
        "job_level": "Senior|Junior|Lead|Chief|Principal|Regional|Global|Central|Direct|Internal",
        "job_area": (
            "Accounts|Brand|Data|Design|Infrastructure|Marketing|Operations|Product|Quality|Research|Sales|Security"
        ),
        "job": (
            "Administrator|Analyst|Architect|Assistant|Consultant|Coordinator|Designer|Developer|Director|"
            "Engineer|Executive|Manager|Officer|Planner|Specialist|Strategist|Technician"
        ),
        "color": (
            "azure|black|blue|cyan|fuchsia|gold|green|grey|indigo|ivory|lavender|lime|magenta|maroon|mint|"
            "olive|orange|orchid|pink|plum|purple|red|salmon|silver|tan|teal|turquoise|violet|white|yellow"
        ),
        "mail": "gmail.com|yahoo.com|hotmail.com|example.com|example.org|example.net",
        "domain_end": "com|net|org|info|io|dev|biz",
        "browser": (
            ""
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 "
            "Safari/537.36|"
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) AppleWebKit/605.1.15 (KHTML, like Gecko) "
            "Version/17.5 Safari/605.1.15|"
            "Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0"
        ),
        "currency_code": "USD|EUR|GBP|JPY|CHF|CAD|AUD|SEK|NOK|DKK|PLN|INR|BRL|MXN",
        "currency": ("US Dollar|Euro|Pound Sterling|Yen|Swiss Franc|Canadian Dollar|Australian Dollar|Swedish Krona"),
        "month": "January|February|March|April|May|June|July|August|September|October|November|December",
        "weekday": "Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday",
        "animal": (
            "bear|cat|cow|dog|dolphin|eagle|fox|frog|horse|lion|owl|panda|penguin|rabbit|shark|snake|tiger|"
            "turtle|whale|wolf"
        ),
        "vehicle": ("Audi|BMW|Fiat|Ford|Honda|Kia|Mazda|Nissan|Opel|Renault|Seat|Skoda|Tesla|Toyota|Volkswagen|Volvo"),
        "genre": ("Blues|Classical|Country|Electronic|Folk|Funk|Hip Hop|Jazz|Latin|Pop|Reggae|Rock|Soul|World"),
        "mime": (
            "application/json|application/pdf|image/png|image/jpeg|text/html|text/plain|video/mp4|application/zip"
        ),
        "file_end": "json|pdf|png|jpg|html|txt|mp4|zip|csv|xml",
        "zone": (
            "Europe/Berlin|Europe/London|Europe/Paris|America/New_York|America/Chicago|Asia/Tokyo|"
            "Asia/Kolkata|Australia/Sydney"
        ),
        "gender": "female|male|nonbinary|other",
        "method": "GET|POST|PUT|PATCH|DELETE",
        "bank_type": "Checking|Savings|Credit Card|Investment|Home Loan|Auto Loan",
        "transaction": "deposit|withdrawal|payment|invoice",
        "abbreviation": "TCP|HTTP|SQL|RAM|USB|XML|CSS|PNG|SSL|API|JSON|PCI",
    }.items()
}
"""Lists by name."""
